"""Cron expressions: reading them, and what they stand for under a seed."""

from functools import lru_cache

from msgspec import Struct

from atsn_tui.errors import BadInput
from atsn_tui.schedule import fields
from atsn_tui.schedule.fields import Field, FieldError, Rules, read_field
from atsn_tui.schedule.kinds import Cron

NICKNAMES = {
    "yearly": "0 0 1 1 *",
    "annually": "0 0 1 1 *",
    "monthly": "0 0 1 * *",
    "weekly": "0 0 * * 0",
    "daily": "0 0 * * *",
    "midnight": "0 0 * * *",
    "hourly": "0 * * * *",
}
"""What each `@word` means."""

_RULES = (fields.SECOND, fields.MINUTE, fields.HOUR, fields.DAY, fields.MONTH, fields.WEEKDAY)
_LONGEST = dict(enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))
"""The days of each month, in a leap year."""
_SWAPS = {"minute": "hour", "hour": "minute", "day-of-month": "month", "month": "day-of-month"}


def read_cron(text: str) -> Cron:
    """The expression in `text`: five fields, six with seconds first, or an `@word`; else BadInput."""
    if text.startswith("@"):
        return _cron(text.lower(), NICKNAMES[text[1:].lower()])
    return _cron(" ".join(text.split()), text)


def _cron(text: str, expression: str) -> Cron:
    words = expression.split()
    if len(words) not in (5, 6):
        raise BadInput(
            f"'{text}' has {len(words)} field{'' if len(words) == 1 else 's'}, but cron needs 5: minute hour "
            f"day-of-month month day-of-week, or 6 with the second first: write for example "
            f"'{' '.join((words + ['*'] * 5)[:5]) if len(words) > 2 else '30 3 * * *'}'"
        )
    rules = _RULES[-len(words) :]
    read: list[Field] = []
    for rule, word in zip(rules, words, strict=True):
        try:
            read.append(read_field(rule, word))
        except FieldError as error:
            example = _example(rule, error.better, words, rules)
            raise BadInput(f"{error} in '{text}': write for example '{example}'") from error
    cron = Cron(text.lower(), *([read_field(fields.SECOND, "0")] * (6 - len(read)) + read))
    _check_days(cron)
    return cron


def _example(wrong: Rules, better: str | None, words: list[str], rules: tuple[Rules, ...]) -> str:
    """The same with two fields swapped if that mends it, else with a good value in the wrong field."""
    place = rules.index(wrong)
    if (partner := _SWAPS.get(wrong.name)) and not better:
        swapped = list(words)
        other = [rule.name for rule in rules].index(partner)
        swapped[place], swapped[other] = words[other], words[place]
        if _readable(swapped, rules):
            return " ".join(swapped)
    for word in (better, wrong.example):
        mended = [*words[:place], word or "", *words[place + 1 :]]
        if _readable(mended, rules):
            return " ".join(mended)
    return "30 3 * * mon-fri" if len(rules) == 5 else "0 30 3 * * mon-fri"


def _readable(words: list[str], rules: tuple[Rules, ...]) -> bool:
    try:
        for rule, word in zip(rules, words, strict=True):
            read_field(rule, word)
    except FieldError:
        return False
    return True


def _check_days(cron: Cron) -> None:
    """Refuse days that no month of the expression has, such as 31 February, for every seed."""
    if _either_day(cron):
        return
    earliest = min(span.high if span.random else span.low for span in cron.day.spans)
    longest = max(
        min(_LONGEST[month] for month in range(span.low, span.high + 1))
        if span.random
        else max(_LONGEST[month] for month in range(span.low, span.high + 1, span.step))
        for span in cron.month.spans
    )
    if earliest > longest:
        comes = "may never come" if cron.day.random or cron.month.random else "never comes"
        words = cron.text.split()
        raise BadInput(
            f"day-of-month '{cron.day.text}' {comes} in '{cron.text}': month '{cron.month.text}' has at most "
            f"{longest} days, write for example '{' '.join([*words[:-3], str(longest), *words[-2:]])}'"
        )


def _either_day(cron: Cron) -> bool:
    """Whether one of the two day fields is enough: unless one of them begins with `*`, as in cron itself."""
    return not (cron.day.starred or cron.weekday.starred)


class Points(Struct, frozen=True):
    """The numbers that an expression stands for, each field sorted."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    """Sunday is 0."""
    either_day: bool
    """Day of month or day of week is enough; else both must fit."""

    @property
    def expression(self) -> str:
        """Six fields without names, ranges or steps, the second first; `*` only for a full field."""
        full = (60, 60, 24, 31, 12, 7)
        values = (self.seconds, self.minutes, self.hours, self.days, self.months, self.weekdays)
        return " ".join(
            "*" if len(value) == size else ",".join(map(str, value))
            for value, size in zip(values, full, strict=True)
        )


@lru_cache(maxsize=4096)
def points(cron: Cron, seed: str) -> Points:
    """What the expression stands for when `seed` makes its choices."""
    seconds, minutes, hours, days, months, weekdays = (field.values(seed) for field in cron.fields)
    either = _either_day(cron)
    if either and (len(days) == 31 or len(weekdays) == 7):
        days, weekdays, either = tuple(range(1, 32)), tuple(range(7)), False
    return Points(seconds, minutes, hours, days, months, weekdays, either)
