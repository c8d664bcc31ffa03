"""From text to a schedule: one syntax for tasks and links."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Literal, cast

from atsn_tui.errors import BadInput
from atsn_tui.model.nearest import listed, nearest
from atsn_tui.model.text import MAX_SCHEDULE
from atsn_tui.schedule.cron import NICKNAMES, read_cron
from atsn_tui.schedule.kinds import After, At, Every, Manual, Schedule, Startup

FORMS = (
    "30 3 * * *",
    "@daily",
    "every 15m",
    "at 2026-12-24 18:00",
    "@startup +5m",
    "after backup on failure",
    "manual",
)
"""An example of every form."""

_LONGEST_INTERVAL = 366 * 86_400
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
}
_AT_WORDS = (*(f"@{word}" for word in NICKNAMES), "@reboot", "@startup")
_WORDS = (*_AT_WORDS, *NICKNAMES, "every", "at", "after", "manual")
_LENGTH = re.compile(r"(?:[0-9]{1,9}\s*[a-z]+\s*)+\Z")
_AMOUNT = re.compile(r"([0-9]+)\s*([a-z]+)")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\s+|[tT])([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)\Z")
_CLOCK = re.compile(r"\b([01]?[0-9]|2[0-3]):([0-5][0-9])\b", re.ASCII)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)+)"(?:\s+on\s+(\S+))?\Z', re.IGNORECASE)
_PLAIN = re.compile(r"(.+?)(?:\s+on\s+(\S+))?\Z", re.IGNORECASE)
_ENDING_ALONE = re.compile(r"on\s+(?:success|failure|any)\Z", re.IGNORECASE)
_ENDINGS = ("success", "failure", "any")


@lru_cache(maxsize=8192)
def parse(text: str) -> Schedule:
    """The schedule that `text` means; BadInput says what is wrong with it and how to write it instead."""
    text = text.strip()
    if not text:
        raise BadInput(f"the schedule is empty: write for example {listed(FORMS)}")
    if len(text) > MAX_SCHEDULE:
        raise BadInput(f"the schedule has {len(text)} characters, at most {MAX_SCHEDULE} are read")
    first, *others = text.split(None, 1)
    word, rest = first.lower(), others[0] if others else ""
    if word in NICKNAMES and not rest:
        return read_cron(f"@{word}")
    match word:
        case "every":
            return _every(text, rest)
        case "at":
            return _at(text, rest)
        case "after":
            return _after(text, rest)
        case "manual" if not rest:
            return Manual()
        case "@startup" | "@reboot":
            return _startup(text, word, rest)
    if word.startswith("@"):
        return _nickname(text, word, rest)
    for begin, form in (("every", _LENGTH), ("at", _MOMENT)):
        if form.match(text):
            raise BadInput(f"'{text}' is no schedule, did you mean '{begin} {text}'?")
    if not word[0].isalpha() or len(text.split()) in (5, 6):
        return read_cron(text)
    raise BadInput(_unknown(text, word, rest))


def _unknown(text: str, word: str, rest: str) -> str:
    meant = nearest(word, _WORDS, 1)
    if clock := _CLOCK.search(rest):
        hour, minute = map(int, clock.groups())
        return f"'{text}' is no schedule: write times of day for cron, for example '{minute} {hour} * * *'"
    if not meant:
        return f"'{text}' is no schedule: write for example {listed(FORMS)}"
    if rest and meant[0].lstrip("@") in (*NICKNAMES, "manual"):
        return f"'{text}' is no schedule: '{meant[0]}' stands alone, write '{meant[0]}'"
    return f"'{text}' is no schedule, did you mean '{f'{meant[0]} {rest}'.strip()}'?"


def _nickname(text: str, word: str, rest: str) -> Schedule:
    if word[1:] in ("every", "at", "after", "manual"):
        raise BadInput(f"'{text}' is no schedule, did you mean '{text[1:]}'?")
    if word not in _AT_WORDS:
        meant = nearest(word, _AT_WORDS, 1)
        hint = f"did you mean '{meant[0]}'?" if meant else f"the words are {listed(_AT_WORDS)}"
        raise BadInput(f"'{word}' is no schedule: {hint}")
    if rest:
        raise BadInput(f"'{text}' has more than the word: write '{word}', or the five fields of cron")
    return read_cron(word)


def _every(text: str, rest: str) -> Every:
    seconds = _seconds(text, rest.lower(), "every 15m")
    if not 1 <= seconds <= _LONGEST_INTERVAL:
        raise BadInput(f"'{text}': an interval is 1 second to 366 days long: write for example 'every 15m'")
    return Every(f"every {_short(seconds)}", seconds)


def _seconds(text: str, rest: str, example: str) -> int:
    if not rest:
        raise BadInput(f"'{text}' says no length of time: write for example '{example}'")
    if rest in _UNITS:
        return _UNITS[rest]
    if re.fullmatch(r"[0-9]+", rest):
        raise BadInput(f"'{text}' says no unit: write '{rest}s', '{rest}m', '{rest}h' or '{rest}d'")
    if not _LENGTH.match(rest):
        raise BadInput(
            f"'{rest}' of '{text}' is no length of time: write whole seconds, minutes, hours or days, "
            f"for example '{example}'; for weekdays and times of day use cron, for example '0 8 * * mon'"
        )
    total = 0
    for amount, unit in _AMOUNT.findall(rest):
        if unit not in _UNITS:
            weeks = f": write '{int(amount) * 7}d'" if unit in ("w", "week", "weeks") else ""
            raise BadInput(f"unit '{unit}' of '{text}' is not one of s, m, h or d{weeks or f': {example}'}")
        total += int(amount) * _UNITS[unit]
    return total


def _short(seconds: int) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _at(text: str, rest: str) -> At:
    match = _MOMENT.match(rest)
    if match is None:
        raise BadInput(
            f"'{rest}' of '{text}' is no day and time: write for example 'at 2026-12-24 18:00'; "
            "the zone is that of the task"
        )
    day, clock = match.groups()
    try:
        wall = datetime.fromisoformat(f"{day} {clock.zfill(len(clock) + (clock[1] == ':'))}")
    except ValueError as error:
        raise BadInput(
            f"'{rest}' of '{text}' does not exist: {error}; write for example 'at 2026-12-24 18:00'"
        ) from error
    if not 1970 <= wall.year <= 9900:
        raise BadInput(f"year {wall.year} of '{text}' is out of range 1970-9900")
    clock = wall.strftime("%H:%M:%S" if wall.second else "%H:%M")
    return At(f"at {wall:%Y-%m-%d} {clock}", wall)


def _startup(text: str, word: str, rest: str) -> Startup:
    delay = 0
    if rest:
        if not rest.startswith("+"):
            raise BadInput(f"'{rest}' of '{text}' is no delay: write for example '{word} +5m'")
        delay = _seconds(text, rest[1:].strip().lower(), f"{word} +5m")
        if delay > _LONGEST_INTERVAL:
            raise BadInput(f"'{text}': a delay is at most 366 days long: write for example '{word} +5m'")
    normal = f"{word} +{_short(delay)}" if delay else word
    return Startup(normal, delay, once_per_boot=word == "@reboot")


def _after(text: str, rest: str) -> After:
    match = _QUOTED.match(rest) or _PLAIN.match(rest)
    if match is None or _ENDING_ALONE.match(rest):
        raise BadInput(
            f"'{text}' names no task: write for example 'after backup' or 'after backup on failure'"
        )
    task, ending = match.group(1), (match.group(2) or "success").lower()
    if rest.startswith('"'):
        if match.re is not _QUOTED:
            raise BadInput(
                f"'{text}' has a quote that does not fit: write for example 'after \"my task\" on any'"
            )
        task = re.sub(r"\\(.)", r"\1", task)
    if ending not in _ENDINGS:
        raise BadInput(
            f"'on {ending}' of '{text}' is none of 'on success', 'on failure' or 'on any'; "
            f"if it belongs to the name of the task, put the name in quotes: 'after \"{rest}\"'"
        )
    on = cast(Literal["success", "failure", "any"], ending)
    return After(after_text(task, on), task, on)


def after_text(task: str, on: Literal["success", "failure", "any"] = "success") -> str:
    """The schedule of what follows a task."""
    return f"after {_quoted(task)}" + ("" if on == "success" else f" on {on}")


def _quoted(task: str) -> str:
    """The task's name, in quotes if it would be read as something else without them."""
    match = _PLAIN.match(task)
    clear = match and match.group(2) is None and not _ENDING_ALONE.match(task)
    if clear and not task.startswith('"') and task == task.strip():
        return task
    escaped = task.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
