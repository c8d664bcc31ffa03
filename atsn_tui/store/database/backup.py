"""Copies of the database, made by SQLite while it is in use."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from atsn_tui.errors import AtsnError
from atsn_tui.home.atomic import sync_directory
from atsn_tui.store.database.cipher import Key
from atsn_tui.store.database.connection import connect


def copy(db: sqlite3.Connection, target: Path, key: Key | None = None) -> None:
    """Write the whole database to `target`, one file with mode 0600, replacing what was there.

    An encrypted one stays so, under the same key. A crash leaves the old file, the new one or none. Raises the
    library's errors and OSError.
    """
    draft = target.with_name(target.name + ".new")
    with suppress(FileNotFoundError):
        draft.unlink()
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(connect(draft, key=key)) as fresh:
        db.backup(fresh)
        fresh.execute("PRAGMA journal_mode = DELETE")
    os.replace(draft, target)
    sync_directory(target.parent)


def settle(db: sqlite3.Connection, path: Path) -> None:
    """Bring everything into the one file: no write-ahead log stays beside it when the connection is closed.

    Closing alone does not see to that: of two connections that are closed at once, each may leave it to the other.
    AtsnError or the library's errors if somebody else has the database open.
    """
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    mode = db.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    if mode != "delete":
        raise AtsnError(f"SQLite keeps {path} in mode {mode}: nothing was changed; try again")
