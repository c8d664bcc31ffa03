"""Time zones: their names, when their clocks change, and from wall clock to instant."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from msgspec import Struct

from atsn_tui.errors import BadInput
from atsn_tui.model.nearest import listed, nearest

_SECOND = timedelta(seconds=1)
_STEP = timedelta(hours=12)
_MACHINE_OWN = ("localtime", "posixrules", "Factory")
"""Names that mean another zone on every machine, or none."""


def zone_exists(name: str) -> bool:
    """Whether this machine knows a zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1024)
def check_zone(name: str) -> ZoneInfo:
    """The zone of that name; BadInput offers the nearest names if there is none."""
    if name not in _MACHINE_OWN and not name.startswith("right/") and zone_exists(name):
        return ZoneInfo(name)
    meant = _nearest_zones(name)
    hint = f"did you mean {listed(meant)}?" if meant else "write for example 'Europe/Berlin' or 'UTC'"
    raise BadInput(f"time zone '{name}' is not known: {hint}")


def _nearest_zones(name: str) -> list[str]:
    known = sorted(zone for zone in available_timezones() if zone not in _MACHINE_OWN)
    if same := [zone for zone in known if zone.casefold() == name.casefold()]:
        return same
    cities = {zone.rpartition("/")[2]: zone for zone in known if "/" in zone}
    found = nearest(name, known, 2, 0.7)
    found += [cities[city] for city in nearest(name.rpartition("/")[2].replace(" ", "_"), cities, 2, 0.75)]
    return list(dict.fromkeys(found))[:3]


class Change(Struct, frozen=True):
    """The clock of a zone was changed."""

    at: datetime
    """The first instant with the new offset, in UTC."""
    before: timedelta
    after: timedelta

    @property
    def wall_before(self) -> datetime:
        """What the clock would have shown at this instant without the change."""
        return self.at.replace(tzinfo=None) + self.before

    @property
    def wall_after(self) -> datetime:
        """What the clock shows at this instant."""
        return self.at.replace(tzinfo=None) + self.after


def offset_at(zone: ZoneInfo, instant: datetime) -> timedelta:
    """How far the zone's clock is ahead of UTC at an aware instant."""
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def first_change(zone: ZoneInfo, after: datetime, until: datetime) -> Change | None:
    """The first change of the clock later than `after` and not later than `until`, both in UTC."""
    for year in range(after.year, until.year + 1):
        for change in _changes(zone, year):
            if change.at > until:
                return None
            if change.at > after:
                return change
    return None


def latest_change(zone: ZoneInfo, instant: datetime) -> Change | None:
    """The change of the clock at or before an instant of the same or the previous year."""
    for year in (instant.year, instant.year - 1):
        for change in reversed(_changes(zone, year)):
            if change.at <= instant:
                return change
    return None


@lru_cache(maxsize=4096)
def _changes(zone: ZoneInfo, year: int) -> tuple[Change, ...]:
    start = datetime(year, 1, 1, tzinfo=UTC) - _SECOND
    end = datetime(year + 1, 1, 1, tzinfo=UTC) - _SECOND
    return tuple(_search(zone, start, end))


def _search(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Change]:
    """Changes later than `start` up to `end`. The library tells offsets only, so they are looked for."""
    offset = offset_at(zone, start)
    while start < end:
        stop = min(start + _STEP, end)
        if offset_at(zone, stop) == offset:
            start = stop
            continue
        low, high = start, stop
        while high - low > _SECOND:
            middle = low + (high - low) // _SECOND // 2 * _SECOND
            if offset_at(zone, middle) == offset:
                low = middle
            else:
                high = middle
        start, before, offset = high, offset, offset_at(zone, high)
        yield Change(high, before, offset)


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant in UTC when the zone's clock shows `wall` (without zone) for the first time.

    A time that the clock skips means the moment right after the gap.
    """
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    change = latest_change(zone, instant)
    return change.at if change else instant
