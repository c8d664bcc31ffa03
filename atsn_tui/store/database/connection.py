"""Connections: one SQLite connection on a thread of aiosqlite's, where whole functions run in one hop."""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import quote

import aiosqlite

from atsn_tui.errors import AtsnError
from atsn_tui.store.database import cipher
from atsn_tui.store.database.cipher import Key

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds that a write waits for those of other processes."""


def connect(
    path: Path, *, new: bool = False, patience: float = PATIENCE, key: Key | None = None
) -> sqlite3.Connection:
    """A connection to a database, for the thread that calls this. It commits nothing by itself.

    With a key, through SQLCipher. Unless it is to be `new`, a missing file is an error. Raises the library's errors
    (`failures.kinds`) and OSError.
    """
    mode = "rwc" if new else "rw"
    if key is not None:
        db = cipher.connect(path, key, mode=mode, patience=patience)
    else:
        db = sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None, timeout=patience
        )
    try:
        if new:
            path.chmod(0o600)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        db.close()
        raise
    return db


class Line:
    """One connection. Functions given to it run on its thread, one after the other, each whole."""

    def __init__(self, thread: aiosqlite.Connection, db: sqlite3.Connection) -> None:
        self._thread = thread
        self._db = db
        self._stopped: asyncio.Future[object] | None = None

    @classmethod
    async def start(cls, connector: Callable[[], sqlite3.Connection]) -> Self:
        """Start the thread and connect in it."""
        made: list[sqlite3.Connection] = []

        def connected() -> sqlite3.Connection:
            made.append(connector())
            return made[0]

        # iter_chunk_size concerns only aiosqlite's own cursors, which we do not use.
        thread = await aiosqlite.Connection(connected, iter_chunk_size=64)
        return cls(thread, made[0])

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """What the function returns. If the caller is cancelled the function still runs, but nobody waits."""
        return await self._submit(function)

    async def finish(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """What the function returns. A cancelled caller is told so only when the function has ended."""
        return await to_the_end(self._submit(function))

    async def stop(self) -> None:
        """Close after what was given before, and wait for that, cancelled or not. Twice is harmless."""
        if self._stopped is None:
            self._stopped = self._thread.stop()
            assert self._stopped is not None, "aiosqlite returns a future wherever an event loop runs"
        await to_the_end(self._stopped)

    def _submit(self, function: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        if self._stopped is not None:
            raise AtsnError("the database was closed")
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        # aiosqlite has no public way to run a function of ours on its thread, and a hop for each statement is
        # five times slower and would let a cancelled caller leave a transaction half done. Its queue takes
        # pairs of a future and a call.
        self._thread._tx.put_nowait((outcome, partial(function, self._db)))
        return outcome


async def to_the_end(outcome: asyncio.Future[T]) -> T:
    """The outcome. A cancellation meanwhile is raised only when it is there."""
    cancelled: asyncio.CancelledError | None = None
    while not outcome.done():
        try:
            await asyncio.wait([outcome])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return outcome.result()
    # Raised from what went wrong, if anything did: the cancelled caller is not to be told otherwise.
    raise cancelled from outcome.exception()
