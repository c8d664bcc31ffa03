"""Moments: microseconds since the epoch on one side, aware dates on the other."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_date(micros: int) -> datetime:
    """The moment as an aware date in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def to_micros(moment: datetime) -> int:
    """Microseconds since the epoch."""
    return (moment - _EPOCH) // _MICROSECOND


def shown(micros: int, zone: str) -> str:
    """The moment for a person in that zone, to the minute unless there are seconds."""
    wall = to_date(micros).astimezone(ZoneInfo(zone))
    return wall.strftime("%Y-%m-%d %H:%M:%S" if wall.second else "%Y-%m-%d %H:%M")
