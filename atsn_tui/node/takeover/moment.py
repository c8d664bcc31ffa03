"""The moments at which a job may change hands: between two minutes, for cron looks at its crontabs as one begins."""

import asyncio

FIRST, LAST = 2, 50
"""The seconds of a minute from which and up to which a crontab is changed.

At the first cron has surely read it for the minute that began; from the last there is time to notice the change
before the next one.
"""

_MINUTE = 60_000_000


def pause(now: int) -> float:
    """How many seconds to wait until a crontab may be changed; `now` is in µs since the epoch."""
    second = now % _MINUTE / 1e6
    return 0.0 if FIRST <= second <= LAST else (FIRST - second) % 60


async def between_minutes(now: int) -> None:
    """Wait for such a moment."""
    await asyncio.sleep(pause(now))


def apart(begun: int, ended: int) -> bool:
    """Whether a new minute began between these moments."""
    return begun // _MINUTE != ended // _MINUTE
