"""What one process has still to do for reports: mail that it queued, files that it writes, troubles that it told."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from atsn_tui.host.journal import Journal

log = logging.getLogger("atsn_tui.reports")

MAX_WRITING = 100
"""Reports that wait for the file at the most: a file system that hangs must not fill the memory."""


class Office:
    """One for each open node. Making it costs nothing."""

    def __init__(self) -> None:
        self.queued = asyncio.Event()
        """Set when this process put mail into the queue that it has not yet begun to send."""
        self.journal = Journal(log)
        self.turn = asyncio.Lock()
        """Held by whoever writes to the reports' file."""
        self._writing: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> bool:
        """Whether there is nothing left to do."""
        return not self._writing and not self.queued.is_set()

    @property
    def full(self) -> bool:
        """Whether too many reports wait for the file."""
        return len(self._writing) >= MAX_WRITING

    def write(self, work: Coroutine[Any, Any, None]) -> None:
        """Let that be done by and by."""
        task = asyncio.create_task(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def finish(self, patience: float) -> None:
        """Wait until all is written, for so many seconds at the most."""
        if not self._writing:
            return
        _, late = await asyncio.wait(set(self._writing), timeout=patience)
        for task in late:
            task.cancel()
