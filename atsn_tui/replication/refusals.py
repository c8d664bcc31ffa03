"""Saying no is logged and remembered, without letting anybody fill the log or keep the disk busy."""

import logging
import time
from collections.abc import Callable

from atsn_tui.model.peer import Peer
from atsn_tui.store import refusals
from atsn_tui.store.database.store import Store
from atsn_tui.transport.quietlog import QuietLog

PAUSE = 5.0
"""Seconds between two writes about the same peer; what comes meanwhile is counted."""
LINES_A_MINUTE = 10
MAX_REASON = 500
"""The most characters of a reason that are logged and kept: it may quote what came."""


class Refusals:
    """What was refused lately, by peer; strangers count as one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._log = QuietLog(logging.getLogger(__name__), LINES_A_MINUTE)
        self._written: dict[str, float] = {}
        self._uncounted: dict[str, int] = {}

    async def note(self, store: Store, now: int, peer: Peer | None, address: str, reason: str) -> None:
        """Remember that somebody at that IP address was refused; `now` in µs since the epoch."""
        reason = reason[:MAX_REASON]
        who = f"the peer {peer.name}" if peer else "a stranger"
        self._log.write(logging.WARNING, f"refused {who}", f"refused {who} at {address}: {reason}")
        key = peer.id if peer else refusals.STRANGERS
        count = self._uncounted.pop(key, 0) + 1
        if self._clock() - self._written.get(key, -PAUSE) < PAUSE:
            self._uncounted[key] = count
            return
        self._written[key] = self._clock()
        await store.write(lambda db: refusals.add(db, key, now, address, reason, count))
