"""Whether a database is whole, page by page."""

import sqlite3
from pathlib import Path

from atsn_tui.errors import BadFile


def check(db: sqlite3.Connection, path: Path) -> None:
    """BadFile unless every page can be decrypted and the database is whole. Raises the library's errors."""
    found: list[str] = []
    if _has_key(db):
        found = [row[0] for row in db.execute("PRAGMA cipher_integrity_check").fetchall()]
    if not found:
        found = [row[0] for row in db.execute("PRAGMA integrity_check(5)").fetchall() if row[0] != "ok"]
        orphans = [row[0] for row in db.execute("PRAGMA foreign_key_check").fetchall()]
        found += [f"a row of {name} refers to nothing" for name in orphans]
    if found:
        raise BadFile(f"the database {path} is damaged: {'; '.join(found[:5])}")


def _has_key(db: sqlite3.Connection) -> bool:
    found = db.execute("PRAGMA cipher_status").fetchone()
    return found is not None and str(found[0]) == "1"
