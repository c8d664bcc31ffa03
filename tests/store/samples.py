"""Records, entries and databases to test with."""

import sqlite3

from atsn_tui.model import codec
from atsn_tui.model.digest import bucket_hashes, group_digest
from atsn_tui.model.record import Head, Origin, Record
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.store import changes, groups, node, tasks
from atsn_tui.store.changes import Edit, Entry
from atsn_tui.store.database import migrations

GROUP = "0a000000-0000-4000-8000-000000000000"
OTHER = "0b000000-0000-4000-8000-000000000000"
LOCAL = Origin(who="ada")
FROM_PEER = Origin(kind="peer", who="hq", node_id="n-hq", direction="pull")


def task_id(number: int) -> str:
    """The id of the nth task."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def task(number: int, modified: int = 1, name: str = "backup") -> Record:
    """The record of the nth task."""
    return codec.record(task_id(number), modified, Task(name=name, action=Command(command="true")))


def settings(modified: int = 1, name: str = "Replicated tasks", group_id: str = GROUP) -> Record:
    """The record of a group's settings."""
    return codec.record(group_id, modified, Settings(name=name))


def put(record: Record, origin: Origin = LOCAL) -> Edit:
    """The edit that makes the record what it is."""
    return Edit(record.id, record, origin)


def drop(number: int) -> Edit:
    """The edit that deletes the nth task."""
    return Edit(task_id(number), None, LOCAL)


def entry(kind: str = "edit", at: int = 1000) -> Entry:
    """A history entry."""
    return Entry(kind=kind, at=at, who="ada", source="test", summary="a change")  # type: ignore[arg-type]


def memory() -> sqlite3.Connection:
    """A database of our form, in memory."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    for number, step in enumerate(migrations.MIGRATIONS, 1):
        migrations.take(db, number, step)
    node.put(db, "n-here", "s-here")
    return db


def fill(
    db: sqlite3.Connection, *records: Record, group_id: str = GROUP, name: str = "Replicated tasks"
) -> Head:
    """Make a replicated group of those tasks."""
    edits = [put(settings(group_id=group_id, name=name)), *map(put, records)]
    return changes.commit(db, group_id, edits, entry(), base=None)


def dump(db: sqlite3.Connection) -> str:
    """All that the database holds."""
    return "\n".join(db.iterdump())


def check_kept(db: sqlite3.Connection, group_id: str = GROUP) -> None:
    """Assert that all that a commit keeps up to date is what a recomputation gives."""
    row = groups.get_group(db, group_id)
    assert row is not None
    rows = [found.record.row for found in tasks.list_tasks(db, group_id)]
    hashes = bucket_hashes(rows)
    assert groups.buckets(db, group_id) == hashes
    assert row.digest == group_digest(group_id, row.settings.row, hashes)
    assert row.tasks == len(rows)
    assert row.name == codec.decode_settings(row.settings.body).name
    assert groups.side(db, group_id).tasks == {each.id: each for each in rows}
    assert groups.rows(db, group_id, range(256)) == rows
