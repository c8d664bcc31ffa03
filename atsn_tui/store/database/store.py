"""The store: a node's database, as one process has it open. It runs functions that take a connection."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from atsn_tui.home.bell import ring
from atsn_tui.home.home import Home
from atsn_tui.home.locks import Lock
from atsn_tui.home.trouble import explain
from atsn_tui.store import node
from atsn_tui.store.acting import By, acting
from atsn_tui.store.database import backup, checking, migrations, opening
from atsn_tui.store.database.access import Access
from atsn_tui.store.database.connection import PATIENCE, Line, connect, to_the_end
from atsn_tui.store.database.failures import is_of_copying, kinds, translate
from atsn_tui.store.database.migrations import MIGRATIONS, Migration

T = TypeVar("T")


class Store:
    """An open database: one connection that reads, one that writes. Close it, or use it in `async with`.

    Reads see one moment's state, while others write. Writes wait for those of other processes.
    """

    node_id: str
    store_id: str

    def __init__(self, home: Home, access: Access, steps: Sequence[Migration], patience: float) -> None:
        self.home = home
        self._access = access
        self._steps = steps
        self._patience = patience
        self._lines: list[Line] = []
        self.by: By | None = None
        """Who acts in what this process writes, unless the function itself says otherwise."""

    @classmethod
    async def create(cls, home: Home, node_id: str, *, steps: Sequence[Migration] = MIGRATIONS) -> Self:
        """Make the database of a new node and open it. BadInput: there is one."""
        return await cls._start(home, partial(opening.make, home, node_id, steps), steps, PATIENCE)

    @classmethod
    async def open(
        cls,
        home: Home,
        *,
        steps: Sequence[Migration] = MIGRATIONS,
        patience: float = PATIENCE,
        password: str | None = None,
        alone: Lock | None = None,
    ) -> Self:
        """Open a node's database and migrate it if it is older; `atsn.db.before-NAME` is a copy from before.

        `patience` is how many seconds a write waits for others; `alone` is the database's lock, of who holds it
        alone already. NotFound: there is no database. BadFile: it
        is damaged, foreign, or newer than this program. Refused: processes that have it open bar a migration,
        or it is encrypted and no password was given. WrongPassword.
        """
        if alone is None:
            prepare = partial(opening.prepare, home, steps, password=password)
        else:
            prepare = partial(opening.prepare_alone, home, steps, alone, password)
        return await cls._start(home, prepare, steps, patience)

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """What the function returns, run in one transaction that cannot write."""
        return await self._reader.run(
            partial(self._guarded, partial(self._in_transaction, "BEGIN", function))
        )

    async def read_aside(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """As `read`, on a connection of its own: what takes seconds must not hold up everybody else's reads."""
        line = await self._line("PRAGMA query_only = ON")
        try:
            return await line.run(partial(self._guarded, partial(self._in_transaction, "BEGIN", function)))
        finally:
            await line.stop()
            self._lines.remove(line)

    async def write(self, function: Callable[[sqlite3.Connection], T], *, tell: bool = True) -> T:
        """What the function returns, run in one transaction, which is committed unless the function raises.

        A running service is told to look at it, unless `tell` is false. A cancelled caller is told so when the
        transaction has ended, one way or the other. Refused: another process keeps the database busy.
        """
        action = partial(self._in_transaction, "BEGIN IMMEDIATE", function)
        try:
            return await self._writer.finish(partial(self._guarded, action))
        finally:
            if tell:
                ring(self.home.wake)

    @property
    def encrypted(self) -> bool:
        """Whether the database is."""
        return self._access.key is not None

    async def copy(self, target: Path) -> None:
        """Write the whole database to a new file, as it is at one moment; an encrypted one stays so.

        The copy is checked: BadFile if a page of it is damaged.
        """

        def copied(db: sqlite3.Connection) -> None:
            try:
                backup.copy(db, target, self._access.key)
                with closing(connect(target, key=self._access.key)) as fresh:
                    checking.check(fresh, target)
            except kinds() as error:
                if not is_of_copying(error):
                    raise
                raise translate(error, target, self.home.open_lock) from error

        try:
            await self._reader.finish(partial(self._guarded, copied))
        except OSError as error:
            raise explain("cannot write", target, error) from error

    async def data_version(self) -> int:
        """A number that changes whenever anybody, this process included, has committed something."""
        return await self._reader.run(partial(self._guarded, _data_version))

    async def close(self) -> None:
        """End what was begun, close the connections and let go of the lock. Doing so twice is harmless."""
        try:
            await self._stop()
        finally:
            self._access.release()

    async def settle(self) -> None:
        """Close, with everything in the one file, which can be moved by itself then.

        Refused: somebody else has the database open.
        """

        def settled() -> None:
            try:
                db = connect(self.home.database, patience=self._patience, key=self._access.key)
                with closing(db):
                    backup.settle(db, self.home.database)
            except kinds() as error:
                raise translate(error, self.home.database, self.home.open_lock) from error

        try:
            await self._stop()
            await to_the_end(asyncio.get_running_loop().run_in_executor(None, settled))
        finally:
            self._access.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @classmethod
    async def _start(
        cls, home: Home, prepare: Callable[[], Access], steps: Sequence[Migration], patience: float
    ) -> Self:
        preparing = asyncio.get_running_loop().run_in_executor(None, prepare)
        try:
            access = await to_the_end(preparing)
        except asyncio.CancelledError:
            if preparing.exception() is None:
                preparing.result().release()
            raise
        store = cls(home, access, steps, patience)
        try:
            await store._connect()
        except BaseException:
            await store.close()
            raise
        return store

    async def _connect(self) -> None:
        self._reader = await self._line("PRAGMA query_only = ON")
        self._writer = await self._line("PRAGMA query_only = OFF")
        self.node_id, self.store_id = await self.read(node.identity)

    async def _stop(self) -> None:
        # One after the other: of two connections that end at once, each may leave the log to the other.
        async with AsyncExitStack() as stack:
            for line in self._lines:
                stack.push_async_callback(line.stop)

    async def _line(self, setting: str) -> Line:
        def connected() -> sqlite3.Connection:
            try:
                db = connect(self.home.database, patience=self._patience, key=self._access.key)
                db.execute(setting)
            except kinds() as error:
                raise translate(error, self.home.database, self.home.open_lock) from error
            return db

        line = await Line.start(connected)
        self._lines.append(line)
        return line

    def _guarded(self, action: Callable[[sqlite3.Connection], T], db: sqlite3.Connection) -> T:
        try:
            return action(db)
        except kinds() as error:
            raise translate(error, self.home.database, self.home.open_lock) from error

    def _in_transaction(
        self, begin: str, function: Callable[[sqlite3.Connection], T], db: sqlite3.Connection
    ) -> T:
        db.execute(begin)
        try:
            migrations.check(db, self._steps, self.home.database)
            with acting(self.by):
                result = function(db)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # SQLite itself undoes it when, say, the disk is full.
                db.execute("ROLLBACK")
            raise
        return result


def _data_version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA data_version").fetchone()[0])
