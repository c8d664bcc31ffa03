"""When something is to end, as people type it: a length of time such as 2h, or a time such as 18:00."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from atsn_tui.errors import BadInput
from atsn_tui.model import dates
from atsn_tui.model.dates import SECOND
from atsn_tui.schedule.zones import instant_of

_LONGEST = 10 * 366 * 86_400
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_AMOUNT = re.compile(r"\s*([0-9]{1,9})\s*(min|[smhdw])")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\Z")


def after(text: str, now: int) -> int:
    """The moment that is so much later than `now`, as in 90m, 2h or 1d 12h; in µs since the epoch. BadInput."""
    seconds, rest = 0, text.strip().lower()
    while found := _AMOUNT.match(rest):
        seconds += int(found[1]) * _UNITS[found[2]]
        rest = rest[found.end() :]
    if rest.strip() or not text.strip():
        raise BadInput(f"{text!r} is no length of time: write it as 30m, 2h, 1h 30m or 3d")
    if not 0 < seconds <= _LONGEST:
        raise BadInput(f"{text!r} is out of range: give more than nothing and less than ten years, as in 2h")
    return now + seconds * SECOND


def at(text: str, now: int, zone: str) -> int:
    """The moment of a date, a time or both, in that zone unless it says another; in µs since the epoch.

    A time alone is the next such time, a date alone the beginning of that day. BadInput if it makes no sense, or is
    over.
    """
    local = datetime.fromtimestamp(now / SECOND, UTC).astimezone(ZoneInfo(zone))
    moment = _moment(text.strip(), local, ZoneInfo(zone))
    try:
        found = dates.parse_date(moment.isoformat())
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{text!r} is out of range: give a time of this century") from error
    if found <= now:
        raise BadInput(f"{text!r} is over already: give a time to come, such as 18:00 or 2026-12-24 18:00")
    return found


def either(text: str, now: int, zone: str) -> int:
    """The moment that a length of time or a time means, as in 2h or 18:00. BadInput."""
    return after(text, now) if _AMOUNT.match(text.lower()) else at(text, now, zone)


def _moment(text: str, local: datetime, zone: ZoneInfo) -> datetime:
    try:
        if clock := _CLOCK.match(text):
            wall = time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
            return _next(wall, local, zone)
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is no time: write it as 18:00, 2026-12-24 or 2026-12-24 18:00") from error
    return given if given.tzinfo is not None else instant_of(given, zone)


def _next(wall: time, local: datetime, zone: ZoneInfo) -> datetime:
    today = instant_of(datetime.combine(local.date(), wall), zone)
    if today > local:
        return today
    return instant_of(datetime.combine(local.date() + timedelta(days=1), wall), zone)
