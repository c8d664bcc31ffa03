"""Times, spans, sizes and counts as a person reads them."""

from datetime import datetime, tzinfo

_KILO = 1000


def stamp(moment: datetime | None, zone: tzinfo) -> str:
    """A moment in that zone, as in `2026-11-22 03:00:41 CET`; `–` for none."""
    return "–" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


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


def plural(count: int, noun: str) -> str:
    """`1 link`, `2 links`, `12,000 links`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
