"""Modification dates: whole microseconds since 1970-01-01 UTC, written as RFC 3339."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from msgspec import Meta

SECOND = 1_000_000
"""In µs."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999: no other date can be written out."""

_DAY = 86_400_000_000

OLDEST, NEWEST = EARLIEST + _DAY, LATEST - _DAY
"""What a record that comes from elsewhere may be dated: it can still be edited, which needs a later date."""

Micros = Annotated[int, Meta(ge=EARLIEST, le=LATEST)]
"""A modification date, in µs since the epoch."""


def to_date(micros: int) -> datetime:
    """The moment as an aware date in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def to_micros(moment: datetime) -> int:
    """Microseconds since the epoch of an aware date."""
    return (moment - _EPOCH) // _MICROSECOND


def format_date(micros: int) -> str:
    """RFC 3339 in UTC with six decimals, as in 2026-11-22T08:30:00.000000Z."""
    return to_date(micros).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_date(text: str) -> int:
    """Microseconds since the epoch; ValueError unless `text` is RFC 3339 with an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no date: write it as 2026-11-22T08:30:00.000000Z") from error
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: end it with Z for UTC")
    return to_micros(moment)


def check_day(what: str, value: str | None) -> None:
    """Raise ValueError unless `value` is None or a day as in 2026-12-24."""
    if value is None:
        return
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{what} {value!r} is no date: write it as 2026-12-24") from error


def next_date(now: int, previous: int | None) -> int:
    """The date of a local edit: `now`, but always later than `previous` (both in microseconds)."""
    return now if previous is None else max(now, previous + 1)
