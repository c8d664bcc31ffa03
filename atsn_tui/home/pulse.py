"""The sign of life of a node's service: the time stamp of its lock file says when its scheduler took its last turn.

Any process can look at it, it costs no commit, and it is still there when the service hangs.
"""

import logging
import os
from pathlib import Path
from typing import NamedTuple

from atsn_tui.home import locks
from atsn_tui.home.trouble import explain

SILENT = 60_000_000
"""A scheduler that has taken no turn for so many µs is silent. One that works takes a turn each second."""

log = logging.getLogger(__name__)


class Pulse(NamedTuple):
    """How the service of a node lives."""

    running: bool
    """Whether a process is the node's service."""
    turned: int
    """When its scheduler took its last turn, or else when the service began; µs since the epoch. 0: it does not run."""

    def silent_since(self, now: int) -> int | None:
        """Since when the scheduler is silent though the service runs, in µs; None if it is not."""
        return self.turned if self.running and now - self.turned >= SILENT else None

    def age(self, now: int) -> int | None:
        """For how many µs the scheduler has taken no turn; None if no service runs."""
        return max(now - self.turned, 0) if self.running else None


STOPPED = Pulse(False, 0)


def leave(lock: Path, at: int) -> None:
    """Say that the scheduler took a turn at that moment, in µs. What fails is logged."""
    try:
        os.utime(lock, ns=(at * 1000, at * 1000))
    except OSError as error:
        log.warning("cannot leave a sign of life: %s", explain("cannot touch", lock, error))


def feel(lock: Path) -> Pulse:
    """How the service lives that holds, or does not hold, this lock."""
    if not locks.held(lock):
        return STOPPED
    try:
        return Pulse(True, lock.stat().st_mtime_ns // 1000)
    except OSError as error:
        raise explain("cannot look at", lock, error) from error
