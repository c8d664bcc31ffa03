"""Which tasks follow others: marked as they are written, so that it costs nothing to know that none does."""

import sqlite3

from atsn_tui.store.outlines import waits

TABLES = (
    "ALTER TABLE tasks ADD COLUMN waits INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX tasks_waiting ON tasks (group_id) WHERE waits",
)
"""The statements, in order."""


def migrate(db: sqlite3.Connection) -> None:
    """Add the mark, and set it where it is due."""
    for statement in TABLES:
        db.execute(statement)
    found = db.execute("SELECT group_id, id, body FROM tasks").fetchall()
    marked = [(group_id, task_id) for group_id, task_id, body in found if waits(body)]
    db.executemany("UPDATE tasks SET waits = 1 WHERE group_id = ? AND id = ?", marked)
