"""Migrations: named steps from one form of the database to the next, each whole or not at all.

The number of the last step that was taken is the database's `user_version`; the table `migrations` says
when each was taken, and by which version of the program.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from atsn_tui.errors import BadFile
from atsn_tui.model.version import VERSION
from atsn_tui.store.schema import (
    audit,
    first,
    invites,
    lagging,
    refusals,
    reports,
    restores,
    runs,
    waiting,
    withdrawn,
)


class Migration(NamedTuple):
    """One step. It runs inside a transaction, with foreign keys checked at its end."""

    name: str
    run: Callable[[sqlite3.Connection], None]


def _first(db: sqlite3.Connection) -> None:
    db.execute(f"PRAGMA application_id = {first.APPLICATION_ID}")
    for statement in first.TABLES:
        db.execute(statement)


def _making(tables: Sequence[str]) -> Callable[[sqlite3.Connection], None]:
    """A step that carries out these statements."""

    def run(db: sqlite3.Connection) -> None:
        for statement in tables:
            db.execute(statement)

    return run


MIGRATIONS: tuple[Migration, ...] = (
    Migration("first", _first),
    Migration("runs", _making(runs.TABLES)),
    Migration("reports", _making(reports.TABLES)),
    Migration("invites", _making(invites.TABLES)),
    Migration("restores", _making(restores.TABLES)),
    Migration("refusals", _making(refusals.TABLES)),
    Migration("audit", audit.migrate),
    Migration("waiting", waiting.migrate),
    Migration("lagging", _making(lagging.TABLES)),
    Migration("withdrawn", _making(withdrawn.TABLES)),
)
"""All steps, in order. New ones are added at the end; none is ever changed or removed."""


def version(db: sqlite3.Connection) -> int:
    """How many steps the database has taken."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def check(db: sqlite3.Connection, known: Sequence[Migration], path: Path) -> None:
    """BadFile unless the database at `path` has taken exactly the known steps; it names both versions."""
    taken = version(db)
    if taken == len(known):
        return
    ours = f"ATSN {VERSION} knows it up to migration {len(known)} ({known[-1].name!r})"
    if taken < len(known):
        raise BadFile(f"the database {path} went back to migration {taken}, and {ours}: start again")
    found = db.execute("SELECT name, program FROM migrations WHERE number = ?", (taken,)).fetchone()
    name, program = found or ("unknown", "of a later version")
    raise BadFile(
        f"the database {path} was migrated to {taken} ({name!r}) by ATSN {program}, and this {ours}:"
        f" use ATSN {program} or later"
    )


def take(db: sqlite3.Connection, number: int, migration: Migration) -> None:
    """Take one step and record it, in one transaction: what the step raises leaves nothing changed."""
    db.execute("PRAGMA foreign_keys = OFF")  # A step may rebuild a table that others refer to.
    db.execute("BEGIN IMMEDIATE")
    try:
        migration.run(db)
        broken = db.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise ValueError(f"a row of table {broken[0]} refers to a row of {broken[2]} that is not there")
        db.execute(
            "INSERT INTO migrations (number, name, program, at) VALUES (?, ?, ?, ?)",
            (number, migration.name, VERSION, time.time_ns() // 1000),
        )
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    finally:
        db.execute("PRAGMA foreign_keys = ON")
