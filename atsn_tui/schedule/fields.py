"""One field of a cron expression: `*/15`, `1-5`, `mon,wed`, `0~59`."""

import re

from msgspec import Struct

from atsn_tui.model.nearest import nearest
from atsn_tui.schedule.chosen import chosen


class FieldError(ValueError):
    """What is wrong with a field; its reader adds the whole expression and an example."""

    def __init__(self, reason: str, better: str | None = None) -> None:
        """`better` is what to write in the place of the whole field, if that can be guessed."""
        super().__init__(reason)
        self.better = better


class Rules(Struct, frozen=True):
    """What a field may hold."""

    name: str
    low: int
    high: int
    example: str
    names: tuple[str, ...] = ()
    """The first of them stands for `low`."""


SECOND = Rules("second", 0, 59, "30")
MINUTE = Rules("minute", 0, 59, "30")
HOUR = Rules("hour", 0, 23, "3")
DAY = Rules("day-of-month", 1, 31, "1")
MONTH = Rules(
    "month",
    1,
    12,
    "12",
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
)
WEEKDAY = Rules("day-of-week", 0, 7, "mon-fri", ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
"""0 and 7 are both Sunday."""


class Span(Struct, frozen=True):
    """One item of a list: the numbers from `low` to `high`, or a single one of them that a seed chooses."""

    low: int
    high: int
    step: int = 1
    random: bool = False


class Field(Struct, frozen=True):
    """A field as it was read."""

    rules: Rules
    text: str
    spans: tuple[Span, ...]

    @property
    def starred(self) -> bool:
        """Whether it begins with `*`, by which cron tells how the two day fields combine."""
        return self.text.startswith("*")

    @property
    def wild(self) -> bool:
        """Whether it holds a `*` or a step, so that it means a rhythm and not fixed times."""
        return "*" in self.text or "/" in self.text

    @property
    def random(self) -> bool:
        """Whether a seed decides about a part of it."""
        return any(span.random for span in self.spans)

    def values(self, seed: str) -> tuple[int, ...]:
        """The numbers that it stands for, sorted; Sunday is 0."""
        found: set[int] = set()
        for index, span in enumerate(self.spans):
            if span.random:
                found.add(chosen(seed, f"{self.rules.name} {index}", span.low, span.high))
            else:
                found.update(range(span.low, span.high + 1, span.step))
        if self.rules is WEEKDAY:
            found = {value % 7 for value in found}
        return tuple(sorted(found))


_NUMBER = re.compile(r"[0-9]+\Z")
_FOREIGN = (
    (re.compile(r"\?\Z"), "has no '?'", "*"),
    (re.compile(r"[0-9]*l\Z"), "cannot name the last day with 'L'", "28"),
    (re.compile(r"[0-9]+w\Z"), "cannot name the nearest weekday with 'W'", None),
    (re.compile(r"[0-9a-z]+#[0-9]*\Z"), "cannot count weekdays with '#'", None),
    (re.compile(r"h\Z"), "has no 'H', its sign for a chosen value is '~'", "~"),
    (re.compile(r"\*[0-9]+\Z"), "knows only a step after '*'", None),
)
"""What other programs understand and cron does not: the pattern, why not, what to write instead."""


def read_field(rules: Rules, text: str) -> Field:
    """The field; FieldError says what is wrong with it."""
    spans: list[Span] = []
    items = text.split(",")
    for place, item in enumerate(items):
        try:
            spans.append(_span(rules, item.lower()))
        except FieldError as error:
            inside = f" of '{text}'" if len(items) > 1 else ""
            better = error.better and ",".join((*items[:place], error.better, *items[place + 1 :]))
            raise FieldError(f"{rules.name} '{item}'{inside} {error}", better) from error
    return Field(rules, text.lower(), tuple(spans))


def _span(rules: Rules, item: str) -> Span:
    body, slash, step_text = item.partition("/")
    if not body:
        raise FieldError("is empty")
    if "~" in body:
        return _random(rules, body, bool(slash))
    step = _step(body, step_text) if slash else 1
    if body == "*":
        return Span(rules.low, rules.high, step)
    first, dash, last = body.partition("-")
    low = _value(rules, first)
    if not dash:
        if slash:
            raise FieldError("has a step but no range", f"{body}-{rules.high}/{step_text}")
        return Span(low, low)
    high = _value(rules, last)
    if rules is WEEKDAY and high == 0 < low:
        high = 7
    if low > high:
        raise FieldError("runs backwards", None if slash else _forwards(rules, first, last))
    return Span(low, high, step)


def _random(rules: Rules, body: str, stepped: bool) -> Span:
    if stepped:
        raise FieldError("has '~' and a step, which cannot go together", body)
    first, _, last = body.partition("~")
    low = _value(rules, first) if first else rules.low
    high = _value(rules, last) if last else min(rules.high, 6 if rules is WEEKDAY else rules.high)
    if low > high:
        raise FieldError("runs backwards")
    return Span(low, high, random=True)


def _step(body: str, text: str) -> int:
    if not _NUMBER.match(text):
        raise FieldError(f"has '{text}' for a step, which is no number")
    step = int(text[:9])
    if step == 0:
        raise FieldError("has a step of 0, the smallest is 1", body)
    return step


def _value(rules: Rules, text: str) -> int:
    if text in rules.names:
        return rules.low + rules.names.index(text)
    if not _NUMBER.match(text):
        raise _no_value(rules, text)
    if len(text) > 9 or not rules.low <= int(text) <= rules.high:
        raise FieldError(f"is out of range {rules.low}-{rules.high}")
    return int(text)


def _no_value(rules: Rules, text: str) -> FieldError:
    for pattern, reason, better in _FOREIGN:
        if pattern.match(text):
            return FieldError(f"is not understood: cron {reason}", better or text.replace("*", "*/"))
    if not text:
        return FieldError("lacks a number")
    if not rules.names:
        return FieldError(f"is not a number {rules.low}-{rules.high}")
    meant = [name for name in rules.names if text.startswith(name)] or nearest(text, rules.names, 1, 0.5)
    return FieldError(
        f"is neither a number {rules.low}-{rules.high} nor a name {rules.names[0]}-{rules.names[-1]}",
        meant[0] if meant else None,
    )


def _forwards(rules: Rules, first: str, last: str) -> str:
    """Two ranges, from `first` to the end and from the beginning to `last`."""
    named = first in rules.names
    end = rules.names[-1] if named else str(6 if rules is WEEKDAY else rules.high)
    begin = rules.names[0] if named else str(rules.low)
    pairs = ((first, end), (begin, last))
    return ",".join(low if low == high else f"{low}-{high}" for low, high in pairs)
