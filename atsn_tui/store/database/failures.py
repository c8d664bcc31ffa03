"""What SQLite says when it cannot, put so that a person can act on it. The one place that translates it."""

import sqlite3
import sys
from pathlib import Path

from atsn_tui.errors import AtsnError, BadFile, Refused
from atsn_tui.home import locks

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REFUSALS = {
    sqlite3.SQLITE_READONLY: "cannot be written: check its owner and mode, its directory's, and that its file"
    " system is not mounted read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: check its owner and mode, and its directory's",
    sqlite3.SQLITE_PERM: "cannot be used: check its owner and mode, and its directory's",
}
_TROUBLES = {
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full: make room on its file system. Nothing was changed",
    sqlite3.SQLITE_IOERR: "cannot be read or written: look for disk errors and a full disk",
}

_OF_A_FILE = (*_REFUSALS, *_TROUBLES)


def kinds() -> tuple[type[Exception], ...]:
    """What the libraries raise: sqlite3, and SQLCipher's, whose classes are its own, if it is loaded."""
    loaded = sys.modules.get("sqlcipher3.dbapi2")
    return (sqlite3.Error,) if loaded is None else (sqlite3.Error, loaded.Error)


def is_no_database(error: Exception) -> bool:
    """Whether the first page cannot be read: no database, or not by that key."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB


def is_of_copying(error: Exception) -> bool:
    """Whether it was the copy that could not be written, where one database is copied into another."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    reading = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ)
    return code & 0xFF in _OF_A_FILE and code not in reading


def translate(error: Exception, path: Path, lock: Path) -> AtsnError:
    """The error to raise from SQLite's `error` about the database at `path`, whose open lock is `lock`."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_BUSY:
        users = ", ".join(locks.holders(lock)) or "another process"
        return Refused(
            f"the database {path} is kept busy by another process; it is open in: {users}. Try again"
        )
    if primary in _DAMAGE:
        return BadFile(
            f"the database {path} is damaged, or no SQLite database ({error}): put a good copy in its place"
        )
    if primary in _REFUSALS:
        return Refused(f"the database {path} {_REFUSALS[primary]} ({error})")
    if primary in _TROUBLES:
        return AtsnError(f"the database {path} {_TROUBLES[primary]} ({error})")
    return AtsnError(f"the database {path} reports: {error}")
