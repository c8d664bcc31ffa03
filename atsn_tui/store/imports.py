"""Where imported tasks came from. It outlives the task, so that a re-import knows what was deleted here."""

import sqlite3
from collections.abc import Iterable

from msgspec import Struct


class Imported(Struct, frozen=True, kw_only=True):
    """The line of a file that a task was made from."""

    source: str
    line: int
    """Its number in the file, from 1."""
    text: str
    """The line itself."""
    derived: bytes
    """The canonical body of the task as it was imported."""


def get(db: sqlite3.Connection, group_id: str, task_id: str) -> Imported | None:
    """Where the task came from; None if it was not imported."""
    found = db.execute(
        "SELECT source, line, original, derived FROM imports WHERE group_id = ? AND task_id = ?",
        (group_id, task_id),
    ).fetchone()
    return None if found is None else _imported(*found)


def list_imports(db: sqlite3.Connection, group_id: str) -> dict[str, Imported]:
    """The origins of all tasks that were ever imported into the group, by task id."""
    found = db.execute(
        "SELECT task_id, source, line, original, derived FROM imports"
        " WHERE group_id = ? ORDER BY source, line",
        (group_id,),
    )
    return {task_id: _imported(*columns) for task_id, *columns in found}


def put(db: sqlite3.Connection, group_id: str, imported: dict[str, Imported]) -> None:
    """Remember where tasks came from, in place of what was known of them."""
    db.executemany(
        "INSERT OR REPLACE INTO imports (group_id, task_id, source, line, original, derived)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (group_id, task_id, origin.source, origin.line, origin.text, origin.derived)
            for task_id, origin in imported.items()
        ],
    )


def forget(db: sqlite3.Connection, group_id: str, task_ids: Iterable[str]) -> None:
    """Know nothing of these tasks any more."""
    db.executemany(
        "DELETE FROM imports WHERE group_id = ? AND task_id = ?", [(group_id, each) for each in task_ids]
    )


def _imported(source: str, line: int, text: str, derived: bytes) -> Imported:
    return Imported(source=source, line=line, text=text, derived=derived)
