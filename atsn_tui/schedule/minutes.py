"""All times of a schedule within a stretch of time, minute by minute.

Asking for one time after the other costs 0.3 ms each. A screen that shows a day of many tasks needs them all,
so here they are read off the fields of the expression; what a change of the clock does is the same as in
`upcoming`, and a property test holds both to each other.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from atsn_tui.schedule.cron import Points, points
from atsn_tui.schedule.kinds import At, Cron, Every, Schedule
from atsn_tui.schedule.zones import check_zone, first_change, instant_of, latest_change, offset_at

Minutes = dict[int, tuple[int, ...]]
"""The seconds at which something is due, by the minute since 1970 in UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL = datetime(1970, 1, 1)
_SECOND = timedelta(seconds=1)
_DAY = 86_400


def minutes_between(
    schedule: Schedule, after: datetime, until: datetime, zone: str, seed: str = ""
) -> Minutes:
    """Every time later than `after` and up to `until`, both aware and not before 1972, when zones had seconds.

    `seed` makes the choices of `~`. Empty for what depends on events.
    """
    low, high = (after - _EPOCH) // _SECOND + 1, (until - _EPOCH) // _SECOND
    match schedule:
        case Cron():
            wanted = points(schedule, seed if schedule.random else "")
            return _cron(wanted, schedule.fixed, low, high, check_zone(zone))
        case Every(seconds=length):
            return _by_minute(range(-(-low // length) * length, high + 1, length))
        case At(wall=wall):
            at = (instant_of(wall, check_zone(zone)) - _EPOCH) // _SECOND
            return _by_minute([at] if low <= at <= high else [])
        case _:
            return {}


def merged(every: list[Minutes]) -> Minutes:
    """The times of several schedules; those that agree count once."""
    if len(every) == 1:
        return every[0]
    found: dict[int, set[int]] = {}
    for each in every:
        for minute, seconds in each.items():
            found.setdefault(minute, set()).update(seconds)
    return {minute: tuple(sorted(found[minute])) for minute in sorted(found)}


def _by_minute(moments: Iterator[int] | range | list[int]) -> Minutes:
    found: dict[int, tuple[int, ...]] = {}
    for moment in moments:
        minute, second = divmod(moment, 60)
        found[minute] = (*found.get(minute, ()), second)
    return found


def _cron(wanted: Points, fixed: bool, low: int, high: int, zone: ZoneInfo) -> Minutes:
    """From one change of the clock to the next; between two of them wall clock and instant run alike."""
    found: Minutes = {}
    position, end = _instant(low - 1), _instant(high)
    offset = offset_at(zone, position)
    wall = max(low + _seconds(offset), _first_wall(position, fixed, zone))
    while True:
        change = first_change(zone, position, end)
        last = high if change is None else _seconds(change.at - _EPOCH) - 1
        shift = _seconds(offset) // 60
        for minute, seconds in _walls(wanted, wall, last + _seconds(offset)):
            found[minute - shift] = (*found.get(minute - shift, ()), *seconds)
        if change is None:
            return found
        before, behind = _of_wall(change.wall_before), _of_wall(change.wall_after)
        position, offset = change.at, change.after
        if behind > before:
            wall = behind
            if fixed and next(_walls(wanted, before, behind - 1), None) is not None:
                minute, second = divmod(_seconds(change.at - _EPOCH), 60)
                found[minute] = (second,)
                wall = behind + 1
        else:
            wall = before if fixed else behind


def _first_wall(position: datetime, fixed: bool, zone: ZoneInfo) -> int:
    """What a fixed time must not be earlier than: in the second pass of an hour, the end of that hour."""
    if fixed and position.astimezone(zone).fold:
        change = latest_change(zone, position)
        if change is not None:
            return _of_wall(change.wall_before)
    return -(2**62)


def _walls(wanted: Points, low: int, high: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The minutes of the wall clock from second `low` to second `high`, with their seconds."""
    for day in range(low // _DAY, high // _DAY + 1):
        if not _on(wanted, day):
            continue
        for hour in wanted.hours:
            start = day * 1440 + hour * 60
            if start + 60 <= low // 60 or start > high // 60:
                continue
            for minute in wanted.minutes:
                at = (start + minute) * 60
                if at >= low and at + 59 <= high:
                    yield start + minute, wanted.seconds
                elif seconds := tuple(each for each in wanted.seconds if low <= at + each <= high):
                    yield start + minute, seconds


@lru_cache(maxsize=4096)
def _on(wanted: Points, day: int) -> bool:
    """Whether the expression names that day, counted from 1970."""
    date = _WALL + timedelta(days=day)
    if date.month not in wanted.months:
        return False
    of_month, of_week = date.day in wanted.days, date.isoweekday() % 7 in wanted.weekdays
    return of_month or of_week if wanted.either_day else of_month and of_week


def _instant(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


def _seconds(length: timedelta) -> int:
    return length // _SECOND


def _of_wall(wall: datetime) -> int:
    return (wall - _WALL) // _SECOND
