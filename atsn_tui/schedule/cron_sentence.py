"""A cron expression in a few words."""

from functools import lru_cache

from atsn_tui.schedule.cron import Points, points
from atsn_tui.schedule.fields import Field
from atsn_tui.schedule.kinds import Cron
from atsn_tui.schedule.phrases import MONTHS, WEEKDAYS, every, named, ordinal, runs, stride

_MOST_POINTS = 4
"""So many times of day are listed."""
_MOST_MINUTES = 6
"""So many minutes past the hour are listed."""


@lru_cache(maxsize=4096)
def cron_sentence(cron: Cron) -> str:
    """Such as `Mon–Fri at 08:00`; where a seed chooses, what it may choose."""
    if cron.random:
        return _random(cron)
    wanted = points(cron, "")
    clock = _points_of_day(wanted)
    if clock:
        return f"{_days(wanted) or _daily(wanted)} at {clock}"
    rhythm = _rhythm(wanted) or _described(wanted)
    return f"{_days(wanted) or _months(wanted)} {rhythm}".strip()


def _daily(wanted: Points) -> str:
    return f"daily {_months(wanted)}".strip()


def _points_of_day(wanted: Points) -> str:
    """`02:00, 14:30`, or nothing if that would be a long list or a rhythm says it better."""
    hours, minutes, seconds = wanted.hours, wanted.minutes, wanted.seconds
    count = len(hours) * len(minutes) * len(seconds)
    if count > _MOST_POINTS or _whole_cycle(hours, 24) or (count > 3 and stride(hours) == 1):
        return ""
    tail = [""] if seconds == (0,) else [f":{second:02}" for second in seconds]
    return ", ".join(f"{hour:02}:{minute:02}{end}" for hour in hours for minute in minutes for end in tail)


def _whole_cycle(values: tuple[int, ...], size: int) -> int:
    """The step if the values divide a cycle of that size evenly from 0 on, else 0."""
    step = stride(values)
    return step if values[0] == 0 and step and step * len(values) == size else 0


def _rhythm(wanted: Points) -> str:
    """`every 15 min 07:00–19:45`, or nothing."""
    hours, minutes, seconds = wanted.hours, wanted.minutes, wanted.seconds
    if seconds != (0,):
        return _within_minutes(hours, minutes, seconds)
    stretches = runs(hours)
    if len(stretches) == 2 and hours[0] == 0 and hours[-1] == 23 and not _days(wanted):
        # Over midnight, as in 22-23,0-5; only where each night is like the other.
        hours = hours[stretches[0][1] + 1 :] + hours[: stretches[0][1] + 1]
        stretches = stretches[:1]
    if len(stretches) == 1:
        return _within_hours(hours, minutes)
    step = _whole_cycle(hours, 24)
    if step and len(minutes) == 1:
        return every(step * 3600) + (f" at :{minutes[0]:02}" if minutes[0] else "")
    return ""


def _within_minutes(hours: tuple[int, ...], minutes: tuple[int, ...], seconds: tuple[int, ...]) -> str:
    step = _whole_cycle(seconds, 60)
    if step and len(hours) == 24 and len(minutes) == 60:
        return every(step)
    if len(hours) == len(minutes) == 1 and (step := stride(seconds)):
        clock = f"{hours[0]:02}:{minutes[0]:02}"
        return f"{every(step)} {clock}:{seconds[0]:02}–{clock}:{seconds[-1]:02}"
    return ""


def _within_hours(hours: tuple[int, ...], minutes: tuple[int, ...]) -> str:
    step = stride(minutes)
    all_day = len(hours) == 24
    # A step that does not divide the hour begins anew in each hour. Where that makes few minutes they are listed, for
    # */21 is not every 21 min; of many, people still say "every 7 min".
    whole = step and (60 % step == 0 or len(minutes) > _MOST_MINUTES)
    steady = whole and minutes[0] == 0 and minutes[-1] + step >= 60
    span = "" if all_day else f" {hours[0]:02}:{minutes[0]:02}–{hours[-1]:02}:{minutes[-1]:02}"
    if steady or (step and len(hours) == 1):
        return every(step * 60) + span
    if len(minutes) == 1 and not all_day:
        return f"hourly{span}"
    if len(minutes) <= _MOST_MINUTES:
        past = ", ".join(f":{minute:02}" for minute in minutes)
        within = "" if all_day else f", {hours[0]:02}–{hours[-1]:02} h"
        return "hourly" if minutes == (0,) else f"hourly at {past}{within}"
    return f"{every(step * 60)} :{minutes[0]:02}–:{minutes[-1]:02}" if step and all_day else ""


def _described(wanted: Points) -> str:
    """The times of day in the long words of cron-descriptor."""
    # Not at the top: few schedules need it.
    from cron_descriptor import Options, get_description  # type: ignore[import-untyped]

    options = Options()
    options.use_24hour_time_format = True
    fields = (wanted.seconds, wanted.minutes, wanted.hours)
    clock = " ".join(_shortest(values, size) for values, size in zip(fields, (60, 60, 24), strict=True))
    described = str(get_description(f"{clock.removeprefix('0 ')} * * *", options))
    return described[:1].lower() + described[1:]


def _shortest(values: tuple[int, ...], size: int) -> str:
    if len(values) == size:
        return "*"
    return ",".join(f"{low}" if low == high else f"{low}-{high}" for low, high in runs(values))


def _days(wanted: Points) -> str:
    """Which days, with their months: `Mon–Fri`, `on the 1st in Jan`, `on 24 Dec`; nothing for all."""
    all_dates, all_weekdays = len(wanted.days) == 31, len(wanted.weekdays) == 7
    if all_dates and all_weekdays:
        return ""
    weekdays = _weekdays(wanted.weekdays)
    if all_dates:
        return f"{weekdays} {_months(wanted)}".strip()
    if all_weekdays and len(wanted.months) == 1 and len(wanted.days) == 1:
        return f"on {wanted.days[0]} {MONTHS[wanted.months[0] - 1]}"
    days = _dates(wanted.days)
    if not all_weekdays:
        days = f"{days} or {weekdays}" if wanted.either_day else f"{weekdays} if {days}"
    return f"{days} {_months(wanted)}".strip()


def _weekdays(values: tuple[int, ...]) -> str:
    if values == (0, 6):
        return "Sat, Sun"
    return named([*values[1:], 7] if values[0] == 0 and values[-1] == 6 else values, (*WEEKDAYS, "Sun"))


def _dates(days: tuple[int, ...]) -> str:
    step = stride(days)
    if step == 2 and len(days) > 14:
        return "on odd days" if days[0] == 1 else "on even days"
    if step > 2 and days[0] == 1 and len(days) > 3 and days[-1] + step > 31:
        return f"every {ordinal(step)} day"
    if len(days) <= 3:
        return f"on the {', '.join(ordinal(day) for day in days)}"
    return f"on days {named(days, [str(day) for day in range(32)])}"


def _months(wanted: Points) -> str:
    return "" if len(wanted.months) == 12 else f"in {named([month - 1 for month in wanted.months], MONTHS)}"


def _random(cron: Cron) -> str:
    """`daily between 03:00 and 03:59` where a seed chooses the minute or hour only, else the expression."""
    rest = (cron.second, cron.day, cron.month, cron.weekday)
    hour, minute = _choice(cron.hour), _choice(cron.minute)
    if cron.second.text != "0" or any(field.random for field in rest) or minute is None:
        return cron.text
    wanted = points(cron, "")
    if cron.hour.text == "*":
        return f"{_days(wanted) or _months(wanted)} hourly at a chosen minute".strip()
    if hour is None:
        return cron.text
    between = f"between {hour[0]:02}:{minute[0]:02} and {hour[1]:02}:{minute[1]:02}"
    return f"{_days(wanted) or _daily(wanted)} {between}"


def _choice(field: Field) -> tuple[int, int] | None:
    """The least and the greatest of what is one number in the end; None if it is several."""
    if len(field.spans) != 1:
        return None
    span = field.spans[0]
    return (span.low, span.high) if span.random or span.low == span.high else None
