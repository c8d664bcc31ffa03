"""Log files that may hang, as on a server that is away: one such file holds up nobody but itself."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from atsn_tui.errors import AtsnError

PATIENCE = 10.0
"""Seconds that a file has to take its lines."""


class Logbook:
    """Lets lines be written, and leaves out those for a file that still hangs with earlier ones."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._hanging: dict[Path, asyncio.Task[None]] = {}

    async def write(self, path: Path, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the work, and raise what it raises. AtsnError: the file hangs, and the lines may be lost."""
        if path in self._hanging:
            raise AtsnError(f"the log file {path} still hangs: its lines about this run are left out")
        writing = asyncio.create_task(work())
        try:
            done, _ = await asyncio.wait([writing], timeout=self._patience)
        except asyncio.CancelledError:
            writing.cancel()
            raise
        if done:
            return writing.result()
        self._hanging[path] = writing
        writing.add_done_callback(lambda _: self._freed(path))
        raise AtsnError(
            f"the log file {path} has not taken its lines within {self._patience:g} s: until it does,"
            " lines for it are left out"
        )

    def _freed(self, path: Path) -> None:
        task = self._hanging.pop(path)
        if not task.cancelled():
            task.exception()  # It was told already that the lines may be lost.
