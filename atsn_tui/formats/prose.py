"""Telling a comment that explains a job from headings, rulers and commented-out jobs."""

import re

from atsn_tui.formats.crontab_fields import FIELDS, NICKNAMES, field_trouble

MAX_LINES = 4
MAX_CHARACTERS = 500

_SENTENCE = re.compile(r"[^\W\d_].*\w\W+\w.*", re.DOTALL)
_RULER = re.compile(r"[-=*#~_+.|]{4,}|[|│┌─]")
_ASSIGNMENT = re.compile(r"\w+\s*=")
_COLUMNS = re.compile(
    r"\b(?:m|min|minute)\b.*\b(?:h|hour)\b.*\b(?:command|cmd|dow|weekday|wday)\b", re.IGNORECASE
)
_BOILERPLATE = re.compile(
    r"DO NOT EDIT|installed on|Cron version|crontab|copyright|licen[sc]e|\$Id|\$Header", re.IGNORECASE
)


def prose(comment: str) -> str:
    """The comment if it is clearly meant for a reader of the job below it, else an empty text."""
    lines = comment.split("\n")
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if not lines or len(lines) > MAX_LINES or sum(map(len, lines)) > MAX_CHARACTERS:
        return ""
    return "\n".join(lines) if all(_reads_well(line) for line in lines) else ""


def _reads_well(line: str) -> bool:
    if not _SENTENCE.fullmatch(line) or not line.isprintable() or "\ufffd" in line:
        return False
    if any(pattern.search(line) for pattern in (_RULER, _COLUMNS, _BOILERPLATE)) or _ASSIGNMENT.match(line):
        return False
    return not _is_job(line.split())


def _is_job(words: list[str]) -> bool:
    if words[0] in NICKNAMES:
        return True
    fields = words[: len(FIELDS)]
    return len(fields) == len(FIELDS) and not any(
        field_trouble(field, word) for field, word in zip(FIELDS, fields, strict=True)
    )
