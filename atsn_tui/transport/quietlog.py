"""A log that a flood of the same event cannot fill."""

import logging
import time
from collections.abc import Callable

_MINUTE = 60.0


class QuietLog:
    """Writes up to `per_minute` lines of each kind, and counts the others."""

    def __init__(
        self, logger: logging.Logger, per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._logger = logger
        self._per_minute = per_minute
        self._clock = clock
        self._began: dict[str, float] = {}
        self._count: dict[str, int] = {}

    def write(self, level: int, kind: str, text: str, error: BaseException | None = None) -> None:
        """Log `text`, unless this minute already has enough lines of that `kind`."""
        now = self._clock()
        if now - self._began.get(kind, -_MINUTE) >= _MINUTE:
            self._report(level, kind)
            self._began[kind] = now
            self._count[kind] = 0
        self._count[kind] += 1
        if self._count[kind] <= self._per_minute:
            self._logger.log(level, "%s", text, exc_info=error)

    def _report(self, level: int, kind: str) -> None:
        left_out = self._count.get(kind, 0) - self._per_minute
        if left_out > 0:
            self._logger.log(level, "%d more times in a minute: %s", left_out, kind)
