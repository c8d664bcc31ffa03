"""What kind of file something is that shall be imported, by its content and its name."""

import re
from collections.abc import Iterator
from typing import Literal

from atsn_tui.formats.accounts import KNOWN_ACCOUNTS, can_be_account
from atsn_tui.formats.crontab_fields import FIELDS, NICKNAMES, field_trouble

Format = Literal["crontab", "system-crontab", "snapshot"]

_LIVE, _COMMENTED = 3, 1
_SYSTEM_FILES = re.compile(r"/etc/crontab|/etc/cron\.d/.+")
_USER_FILES = re.compile(r"/var/spool/cron/.+|/var/cron/tabs/.+|/etc/crontabs/.+")
_SYSTEM_NAME = re.compile(r"(?:.*/)?(?:etc/crontab|(?:.*[./])?cron\.d(?:/.*)?)")
_USER_COLUMN = re.compile(r"#.*\b(?:user|user-?name|who)\s+\[?(?:command|cmd)", re.IGNORECASE)
_STAR_AND_ROOT = re.compile(r"\*[ \t]+root[ \t]+\S")
_NO_COMMAND = re.compile(r"[-<>|&;0-9\"'=]")


def detect(data: bytes, name: str) -> Format:
    """Guess the kind of a file. `name` is its path; cron's own absolute paths leave no doubt.

    Otherwise the jobs decide, commented-out ones too, then the heading above the columns, then the path.
    A user's crontab is the last resort.
    """
    if re.match(rb"(?:\xef\xbb\xbf)?\s*\{\s*[\"}]", data):
        return "snapshot"
    if _SYSTEM_FILES.fullmatch(name):
        return "system-crontab"
    if _USER_FILES.fullmatch(name):
        return "crontab"
    return "system-crontab" if _looks_like_system(data.decode(errors="replace"), name) else "crontab"


def _looks_like_system(text: str, name: str) -> bool:
    votes = sum(_votes(text))
    if votes:
        return votes > 0
    return bool(_USER_COLUMN.search(text) or _STAR_AND_ROOT.search(text) or _SYSTEM_NAME.fullmatch(name))


def _votes(text: str) -> Iterator[int]:
    """For each job, how strongly it speaks for a user column (above 0) or against one (below 0)."""
    for line in text.split("\n"):
        start = line.strip(" \t")
        body = start.lstrip("#").lstrip(" \t")
        weight = _COMMENTED if start.startswith("#") else _LIVE
        yield weight * _vote(_after_schedule(body.split()))


def _after_schedule(words: list[str]) -> list[str]:
    if words and words[0] in NICKNAMES:
        return words[1:]
    fields = words[: len(FIELDS)]
    if len(fields) < len(FIELDS):
        return []
    if any(field_trouble(field, word) for field, word in zip(FIELDS, fields, strict=True)):
        return []
    return words[len(FIELDS) :]


def _vote(words: list[str]) -> int:
    if not words:
        return 0
    if not can_be_account(words[0]) or len(words) == 1 or _NO_COMMAND.match(words[1]):
        return -1
    return 1 if words[0] in KNOWN_ACCOUNTS else 0
