"""Dates as a person reads them: near ones as a distance, far ones as local time."""

from datetime import UTC, datetime, timedelta

_DAY = 86_400
_HALF_A_YEAR = timedelta(days=183)


def moment(text: str | None, now: datetime | None = None) -> str:
    """An RFC 3339 date as `in 3 min`, `5 s ago` or `2026-11-22 09:30`; `–` for none."""
    if text is None:
        return "–"
    then = datetime.fromisoformat(text)
    distance = then - (now or datetime.now(UTC))
    if abs(distance) >= timedelta(days=1):
        return then.astimezone().strftime("%Y-%m-%d %H:%M")
    seconds = int(abs(distance).total_seconds())
    return f"in {_span(seconds)}" if distance > timedelta(0) else f"{_span(seconds)} ago"


def full(text: str | None) -> str:
    """An RFC 3339 date as local time with seconds and zone; `–` for none."""
    if text is None:
        return "–"
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def clock(text: str, now: datetime | None = None) -> str:
    """An RFC 3339 date as local time: `03:00:41` today, `11-21 03:00` in this half year, else `2025-11-21`."""
    then = datetime.fromisoformat(text).astimezone()
    today = (now or datetime.now(UTC)).astimezone()
    if then.date() == today.date():
        return then.strftime("%H:%M:%S")
    return then.strftime("%m-%d %H:%M" if abs(then - today) < _HALF_A_YEAR else "%Y-%m-%d")


def _span(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if minutes and hours < 6 else f"{hours} h"
