"""When a schedule comes next.

A cron job with fixed hours and minutes runs exactly once for each time that it names: a time that the
clock skips in spring means the moment right after the gap, a time that comes twice in autumn means the
first of the two. A cron job with a `*` or a step in its hour or minute keeps its rhythm instead: it runs
whenever the clock shows one of its times, so in both passes of an hour that comes twice, and not for
times that were skipped. Intervals are elapsed time and know no clock.

croniter finds the times of a clock that is never changed; what a change of the clock does to them is
decided here.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from atsn_tui.schedule.cron import Points, points
from atsn_tui.schedule.kinds import At, Cron, Every, Schedule
from atsn_tui.schedule.parse import parse
from atsn_tui.schedule.zones import check_zone, first_change, instant_of, latest_change, offset_at

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_FIRST = _EPOCH - _SECOND
_LAST_YEAR = 9900
"""Times are given from 1970 to some years after this, where dates would soon end."""


def next_after(schedule: Schedule, after: datetime, zone: str | None, seed: str = "") -> datetime | None:
    """The first time strictly later than `after`, in UTC; None if there is none or it depends on events.

    `after` is aware (ValueError if not). `zone` is the name of the zone whose clock counts; links have none
    and pass None for UTC. `seed` makes the choices of `~`; the same seed always makes the same.
    """
    if after.tzinfo is None:
        raise ValueError(f"{after} has no time zone: pass an aware date")
    after = max(after.astimezone(UTC), _FIRST)
    if after.year > _LAST_YEAR:
        return None
    match schedule:
        case Cron():
            return _cron(schedule, after, zone or "UTC", seed if schedule.random else "")
        case Every(seconds=seconds):
            length = timedelta(seconds=seconds)
            return _EPOCH + ((after - _EPOCH) // length + 1) * length
        case At(wall=wall):
            instant = instant_of(wall, check_zone(zone or "UTC"))
            return instant if instant > after else None
        case _:
            return None


def next_times(
    schedule: Schedule, after: datetime, zone: str | None, count: int, seed: str = ""
) -> list[datetime]:
    """The first `count` times strictly later than `after`, in UTC; fewer if it ends before."""
    times: list[datetime] = []
    while len(times) < count and (moment := next_after(schedule, after, zone, seed)):
        times.append(moment)
        after = moment
    return times


def _cron(schedule: Cron, after: datetime, zone: str, seed: str) -> datetime | None:
    """By way of the memory. Many tasks ask about few expressions within the same minute."""
    grain = 1 if schedule.second.text != "0" else 60
    since = (after - _EPOCH) // _SECOND
    moment = _remembered(schedule.text, zone, since - since % grain, seed)
    if moment is not None and moment <= after:
        # Only where offsets are no whole minutes, as before 1972, can a time lie within the minute.
        return _search(points(schedule, seed), schedule.fixed, after, check_zone(zone))
    return moment


@lru_cache(maxsize=16_384)
def _remembered(text: str, zone: str, since: int, seed: str) -> datetime | None:
    schedule = parse(text)
    if not isinstance(schedule, Cron):  # pragma: no cover
        raise TypeError(f"{text!r} is no cron expression")
    return _search(
        points(schedule, seed), schedule.fixed, _EPOCH + timedelta(seconds=since), check_zone(zone)
    )


def _search(wanted: Points, fixed: bool, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Walk from one change of the clock to the next; between two of them wall clock and instant run alike."""
    position, offset = after, offset_at(zone, after)
    wall = _next_wall(wanted, _wall_to_begin_with(after, offset, fixed, zone))
    while wall is not None:
        instant = wall.replace(tzinfo=UTC) - offset
        change = first_change(zone, position, instant)
        if change is None:
            return instant
        position, offset = change.at, change.after
        if change.after > change.before:
            if wall < change.wall_after:
                if fixed:
                    return change.at
                wall = _next_wall(wanted, change.wall_after - _SECOND)
        elif not fixed:
            wall = _next_wall(wanted, change.wall_after - _SECOND)
    return None


def _wall_to_begin_with(after: datetime, offset: timedelta, fixed: bool, zone: ZoneInfo) -> datetime:
    """The wall clock up to which everything is past."""
    wall = after.replace(tzinfo=None) + offset
    if fixed and after.astimezone(zone).fold:
        change = latest_change(zone, after)
        if change is not None:
            return max(wall, change.wall_before - _SECOND)
    return wall


def _next_wall(wanted: Points, wall: datetime) -> datetime | None:
    """The next time later than `wall` on a clock that is never changed."""
    # Not at the top: it costs 50 ms, and most commands never ask for a time.
    from croniter import croniter

    if wall.year > _LAST_YEAR:
        return None
    start = wall.replace(microsecond=0, tzinfo=UTC)
    found = croniter(wanted.expression, start, day_or=wanted.either_day, second_at_beginning=True)
    return found.get_next(datetime).replace(tzinfo=None)
