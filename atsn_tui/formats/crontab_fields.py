"""The time fields of a crontab line, judged as cron judges them."""

import re
from dataclasses import dataclass

NICKNAMES = (
    "@reboot",
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
)
"""What may stand in place of the five fields. Cron compares the case too."""

_DIGITS = re.compile(r"[0-9]+")
_MAX_DIGITS = 100
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|<%|@@")


@dataclass(frozen=True)
class TimeField:
    """One of the five fields: its name in messages, its lowest and highest number, its names."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


FIELDS = (
    TimeField("minute", 0, 59),
    TimeField("hour", 0, 23),
    TimeField("day-of-month", 1, 31),
    TimeField(
        "month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    ),
    TimeField("day-of-week", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)


def field_trouble(field: TimeField, text: str) -> str | None:
    """Why cron would refuse `text` as that field, with a way out; None if it is fine."""
    for part in text.split(","):
        why = _part_trouble(field, part)
        if why is not None:
            return f"bad {field.name} {text!r}: {_special(text) or why}"
    return None


def _special(text: str) -> str | None:
    """What deserves a better explanation than the first thing that cron stumbles over."""
    if _TEMPLATE.search(text):
        return "this is a template: render it first and import the result"
    if text.startswith("\ufeff"):
        return "the file begins with a byte order mark: save it as UTF-8 without one"
    if text.endswith("\r"):
        return "the line ends as in DOS files: convert the file, for example with dos2unix"
    return None


def _part_trouble(field: TimeField, part: str) -> str | None:
    body, slash, step = part.partition("/")
    if slash:
        why = _step_trouble(step)
        if why is not None:
            return why
    if body == "*":
        return None
    if "~" in body:
        return "a random range takes no step" if slash else _random_trouble(field, body)
    if "-" in body:
        return _range_trouble(field, body, stepped=bool(slash))
    number = _number(field, body)
    if isinstance(number, str):
        return number
    if slash:
        return f"a step needs a range: write {body}-{field.high}/{step} or */{step}"
    return None


def _step_trouble(step: str) -> str | None:
    if not _DIGITS.fullmatch(step) or not step.strip("0") or len(step) > _MAX_DIGITS:
        return f"the step {step!r} must be a number from 1, as in */5"
    return None


def _range_trouble(field: TimeField, body: str, *, stepped: bool) -> str | None:
    first, _, last = body.partition("-")
    low, high = _number(field, first), _number(field, last)
    if isinstance(low, str):
        return low
    if isinstance(high, str):
        return high
    # Cron numbers Sunday 0 and takes the end of fri-sun for 7, but only where no step follows.
    if field.name == "day-of-week" and high == 0 and not stepped:
        return None
    if low > high:
        return f"{body} runs backwards: write {low}-{field.high},{field.low}-{high}"
    return None


def _random_trouble(field: TimeField, body: str) -> str | None:
    first, _, last = body.partition("~")
    low = _number(field, first) if first else field.low
    high = _number(field, last) if last else field.high
    if isinstance(low, str):
        return low
    if isinstance(high, str):
        return high
    return f"{body} runs backwards" if low > high else None


def _number(field: TimeField, text: str) -> int | str:
    """The number that `text` stands for, or why it is none."""
    if _DIGITS.fullmatch(text):
        number = int(text) if len(text) <= _MAX_DIGITS else field.high + 1
        return number if field.low <= number <= field.high else _expected(field)
    if text.lower() in field.words:
        # Both fields with names count them from their lowest number.
        return field.words.index(text.lower()) + field.low
    return _expected(field) if text else f"a number is missing; {_expected(field)}"


def _expected(field: TimeField) -> str:
    names = f" or {field.words[0]} to {field.words[-1]}" if field.words else ""
    return f"use {field.low} to {field.high}{names}"
