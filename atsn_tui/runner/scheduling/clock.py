"""The clock, as the scheduler is given it."""

import asyncio
import contextlib
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time, and waits."""

    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since any moment, by a clock that nobody sets."""
        ...

    async def wait(self, seconds: float, wake: asyncio.Event) -> None:
        """Return after so many seconds, or as soon as `wake` is set."""
        ...


class SystemClock:
    """The machine's clock. Waits are short, so it does not matter that they stand still while the machine sleeps."""

    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Seconds since any moment, by a clock that nobody sets."""
        return time.monotonic()

    async def wait(self, seconds: float, wake: asyncio.Event) -> None:
        """Return after so many seconds, or as soon as `wake` is set."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await wake.wait()
