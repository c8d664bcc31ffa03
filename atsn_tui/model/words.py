"""Times, spans, sizes, counts and lists of names as a person reads them."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from atsn_tui.model.dates import to_date

_KILO = 1000


def stamp(moment: datetime | None, zone: tzinfo) -> str:
    """A moment in that zone, as in `2026-11-22 03:00:41 CET`; `–` for none."""
    return "–" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def local_time(micros: int, zone: str) -> str:
    """A moment in the zone of that name, to the minute unless there are seconds, as in `2026-11-22 03:00`."""
    wall = to_date(micros).astimezone(ZoneInfo(zone))
    return wall.strftime("%Y-%m-%d %H:%M:%S" if wall.second else "%Y-%m-%d %H:%M")


def span(seconds: float) -> str:
    """A length of time, as in `0.3 s`, `41 s`, `2 min 5 s`, `3 h 4 min` or `2 d 5 h`."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    for unit, name, smaller, smaller_name in (
        (86_400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name} {rest} {smaller_name}" if rest else f"{whole // unit} {name}"
    return f"{whole} s"


def size(count: int) -> str:
    """A number of bytes, as in `812 bytes`, `1.2 kB` or `10.3 GB`."""
    if count < _KILO:
        return plural(count, "byte")
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= _KILO
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / _KILO:.1f} TB"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 link`, `2 links`, `12,000 links`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def first_few(names: Sequence[str], shown: int = 3) -> str:
    """`a, b and 3 more`: the first so many names, and how many are left."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more:,} more" if more > 0 else "")
