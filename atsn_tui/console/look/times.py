"""Moments in words, as seen from a clock that is given."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from atsn_tui.home.zone import local_zone

_STEPS = (
    (timedelta(days=365), "y"),
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """What time it is, and in which zone times are shown."""

    now: Callable[[], datetime] = _utc_now
    zone: str = field(default_factory=lambda: local_zone(os.environ))

    def local(self, moment: datetime) -> datetime:
        """The moment in that zone."""
        return moment.astimezone(ZoneInfo(self.zone))

    def ago(self, when: str | None) -> str:
        """`2 min ago`, `in 6 h`, `now`, or a dash for None. `when` is RFC 3339."""
        return NOTHING if when is None else relative(datetime.fromisoformat(when), self.now())

    def full(self, when: str | None) -> str:
        """`22 Nov 2026 09:12:05`, or a dash for None."""
        if when is None:
            return NOTHING
        return self.local(datetime.fromisoformat(when)).strftime("%d %b %Y %H:%M:%S").lstrip("0")

    def brief(self, when: str) -> str:
        """`22 Nov 09:12`."""
        return self.local(datetime.fromisoformat(when)).strftime("%d %b %H:%M")

    def both(self, when: str | None) -> str:
        """`2 min ago, 22 Nov 2026 09:12:05`, or a dash for None."""
        return NOTHING if when is None else f"{self.ago(when)}, {self.full(when)}"


NOTHING = "–"
"""Stands wherever there is nothing to tell."""


def relative(moment: datetime, now: datetime) -> str:
    """`in 6 h`, `2 min ago` or `now`; the largest fitting unit, rounded down."""
    distance = moment - now
    amount = span(abs(distance))
    if amount == "0 s":
        return "now"
    return f"in {amount}" if distance > timedelta() else f"{amount} ago"


def span(length: timedelta) -> str:
    """`41 s`, `5 min`, `6 h`, `3 d` or `2 y`."""
    for unit, word in _STEPS:
        if length >= unit:
            return f"{length // unit} {word}"
    return "0 s"


def duration(seconds: int) -> str:
    """`1 h 30 min`, exactly."""
    parts = []
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {word}")
    return " ".join(parts) or "0 s"


def milliseconds(value: float | None) -> str:
    """`12 ms`, `1.4 s`, `3 min` or a dash; without a sign."""
    if value is None:
        return NOTHING
    size = abs(value)
    if size < 1:
        return "under 1 ms"
    if size < 1000:
        return f"{size:.0f} ms"
    return f"{size / 1000:.1f} s" if size < 60_000 else span(timedelta(milliseconds=size))
