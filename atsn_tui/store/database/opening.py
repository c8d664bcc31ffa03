"""Making a database, and getting an existing one ready, under the lock that all its users share."""

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import TypeVar

from atsn_tui.errors import AtsnError, BadFile, BadInput, Moved, NotFound, Refused
from atsn_tui.home import locks, restoring
from atsn_tui.home.home import Home
from atsn_tui.home.trouble import explain
from atsn_tui.model.text import new_id
from atsn_tui.store import node
from atsn_tui.store.database import access, backup, drafts, migrations
from atsn_tui.store.database.access import Access
from atsn_tui.store.database.cipher import Key
from atsn_tui.store.database.connection import connect
from atsn_tui.store.database.failures import is_no_database, kinds, translate
from atsn_tui.store.database.migrations import Migration
from atsn_tui.store.schema import first

T = TypeVar("T")

OLDEST_SQLITE = (3, 34)
"""What long-lived distributions still ship; everything that the store uses is in it."""

PATIENCE = 10.0
"""Seconds that opening waits for another process's migration, and a migration for others to close."""


def make(home: Home, node_id: str, steps: Sequence[Migration]) -> Access:
    """Make the database of a new node, a plain one. BadInput: there is one."""
    if os.path.lexists(home.database):
        raise BadInput(f"there is a database already: {home.database}")
    return _alone(home, locks.exclusive(home.open_lock), lambda _: _fill(home, node_id, steps), None)


def prepare(
    home: Home, steps: Sequence[Migration], patience: float = PATIENCE, password: str | None = None
) -> Access:
    """Lock the database for use, migrated by the steps that it lacks.

    NotFound: there is none. BadFile: it is damaged, not ours, or newer than this program.
    Refused: it must be migrated, but other processes have it open, who are named; or it is encrypted, and the
    password is missing. WrongPassword.
    """
    end = time.monotonic() + patience
    while True:
        ready = _current(home, steps, password)
        if ready is not None:
            return ready
        try:
            lock = locks.exclusive(home.open_lock)
        except Refused as refusal:
            # Those in the way may be others like us, who migrate it: then all can go on.
            if time.monotonic() >= end:
                raise Refused(
                    f"the database {home.database} must be migrated first, but {refusal}"
                ) from refusal
            continue
        return _alone(home, lock, partial(_migrate, home, steps), password)


def prepare_alone(
    home: Home, steps: Sequence[Migration], lock: locks.Lock, password: str | None = None
) -> Access:
    """As `prepare`, for who holds `open.lock` alone already, and goes on holding it when the access is released."""
    ready = _entered(home, lock.again(), password)
    try:
        if not _carried_out(home, ready.key, partial(_is_current, home, steps, ready.key)):
            _carried_out(home, ready.key, partial(_migrate, home, steps, ready.key))
    except BaseException:
        ready.release()
        raise
    return ready


def is_current(home: Home, steps: Sequence[Migration] = migrations.MIGRATIONS) -> bool:
    """Whether the database need not be migrated. It is only looked at; an encrypted one is taken to be current."""
    with locks.shared(home.open_lock, PATIENCE), access.looking(home.database) as salt:
        if salt is not None:
            return True
        return _carried_out(home, None, partial(_is_current, home, steps, None))


def _current(home: Home, steps: Sequence[Migration], password: str | None) -> Access | None:
    lock = locks.shared(home.open_lock, PATIENCE)
    try:
        if restoring.pending(home.path):
            raise Moved(f"the node in {home.path} is being put into its place: try again")
        drafts.sweep(home)
    except BaseException:
        lock.release()
        raise
    ready = _entered(home, lock, password)
    try:
        if _carried_out(home, ready.key, partial(_is_current, home, steps, ready.key)):
            return ready
    except BaseException:
        ready.release()
        raise
    ready.release()
    return None


def _alone(
    home: Home, lock: locks.Lock, action: Callable[[Key | None], object], password: str | None
) -> Access:
    try:
        if not home.database.exists():
            # A new one: it is plain, and known as such only when it is there.
            _carried_out(home, None, partial(action, None))
            ready = _unlocked(home, lock, None)
        else:
            ready = _unlocked(home, lock, password)
            try:
                _carried_out(home, ready.key, partial(action, ready.key))
            except BaseException:
                ready.release()
                raise
        lock.share()
    except BaseException:
        lock.release()
        raise
    return ready


def _entered(home: Home, lock: locks.Lock, password: str | None) -> Access:
    """The access to a database that must be there; else the lock is let go."""
    try:
        if not home.database.exists():
            raise NotFound(f"there is no database at {home.database}: atsn init makes a node")
        return _unlocked(home, lock, password)
    except BaseException:
        lock.release()
        raise


def _unlocked(home: Home, lock: locks.Lock, password: str | None) -> Access:
    """The access to the database under that lock, of which this process knows now whether it is encrypted."""
    try:
        salt = access.remember(home.database)
    except OSError as error:
        raise explain("cannot use the database", home.database, error) from error
    ready = Access(lock, home.database)
    try:
        ready.key = access.key_for(home.database, salt, password)
    except BaseException:
        ready.release()
        raise
    return ready


def _carried_out(home: Home, key: Key | None, action: Callable[[], T]) -> T:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise Refused(
            f"this Python comes with SQLite {sqlite3.sqlite_version}, but ATSN needs {OLDEST_SQLITE[0]}."
            f"{OLDEST_SQLITE[1]} or later: run it with another Python"
        )
    try:
        return action()
    except kinds() as error:
        if key is not None and is_no_database(error):
            raise access.wrong(home.database) from error
        raise translate(error, home.database, home.open_lock) from error
    except OSError as error:
        raise explain("cannot use the database", home.database, error) from error


def _is_current(home: Home, steps: Sequence[Migration], key: Key | None) -> bool:
    with closing(connect(home.database, key=key)) as db:
        if db.execute("PRAGMA application_id").fetchone()[0] != first.APPLICATION_ID:
            raise BadFile(f"{home.database} is no database of ATSN: put a good copy in its place")
        if migrations.version(db) < len(steps):
            return False
        migrations.check(db, steps, home.database)
        # A copy that was put back is in another mode, and changing that needs the database for itself.
        return bool(db.execute("PRAGMA journal_mode").fetchone()[0] == "wal")


def _fill(home: Home, node_id: str, steps: Sequence[Migration]) -> None:
    with closing(connect(home.database, new=True)) as db:
        _use_wal(db, home)
        for number, step in enumerate(steps, 1):
            migrations.take(db, number, step)
        node.put(db, node_id, new_id())


def _migrate(home: Home, steps: Sequence[Migration], key: Key | None) -> None:
    with closing(connect(home.database, key=key)) as db:
        _use_wal(db, home)
        for number, step in enumerate(steps, 1):
            if number > migrations.version(db):
                backup.copy(db, home.database.with_name(f"{home.database.name}.before-{step.name}"), key)
                _take(db, home, number, step)


def _take(db: sqlite3.Connection, home: Home, number: int, step: Migration) -> None:
    try:
        migrations.take(db, number, step)
    except Exception as error:
        cause = translate(error, home.database, home.open_lock) if isinstance(error, kinds()) else error
        raise AtsnError(
            f"migration {step.name!r} of the database {home.database} failed and was undone: {cause}"
        ) from error


def _use_wal(db: sqlite3.Connection, home: Home) -> None:
    mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise AtsnError(
            f"SQLite cannot keep a write-ahead log beside {home.database} (it stays in mode {mode}):"
            " move the home to a local disk"
        )
