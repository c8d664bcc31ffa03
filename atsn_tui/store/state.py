"""A group's own row: what a commit reads first and writes last. Only the writers of records use this."""

import shlex
import sqlite3
from collections.abc import Iterator
from itertools import starmap

from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.errors import BadInput, Refused
from atsn_tui.model.codec import decode_settings
from atsn_tui.model.digest import group_digest
from atsn_tui.model.record import Row
from atsn_tui.store.history import Entry
from atsn_tui.store.tasks import TaskRow, from_columns, to_columns


class State(Struct, frozen=True, kw_only=True):
    """A group apart from its tasks."""

    name: str
    settings: TaskRow
    replicated: bool
    sequence: int
    tasks: int
    """How many there are."""
    buckets: bytes
    """The 256 hashes of its tasks, one after the other."""
    digest: bytes = b""

    def with_settings(self, settings: TaskRow) -> "State":
        """The state with other settings. BadInput if they are no settings."""
        return replace(self, settings=settings, name=decode_settings(settings.record.body).name)

    def sealed(self) -> "State":
        """The state with the digest of its settings and buckets."""
        row = self.settings.record.row
        return replace(self, digest=group_digest(row.id, row, (self.buckets,)))


def load(db: sqlite3.Connection, group_id: str) -> State | None:
    """The group's row; None where it does not exist."""
    found = db.execute(
        "SELECT name, replicated, sequence, tasks, buckets, digest, id, modified, body, fingerprint, origin"
        " FROM groups WHERE id = ?",
        (group_id,),
    ).fetchone()
    if found is None:
        return None
    name, replicated, sequence, tasks, buckets, digest, *columns = found
    return State(
        name=name,
        settings=from_columns(*columns),
        replicated=bool(replicated),
        sequence=sequence,
        tasks=tasks,
        buckets=buckets,
        digest=digest,
    )


def save(db: sqlite3.Connection, state: State) -> None:
    """Write the group's row, new or not."""
    db.execute(
        "INSERT INTO groups"
        " (id, modified, body, fingerprint, origin, name, replicated, sequence, tasks, buckets, digest)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " modified = excluded.modified, body = excluded.body, fingerprint = excluded.fingerprint,"
        " origin = excluded.origin, name = excluded.name, replicated = excluded.replicated,"
        " sequence = excluded.sequence, tasks = excluded.tasks, buckets = excluded.buckets,"
        " digest = excluded.digest",
        (
            *to_columns(state.settings),
            state.name,
            state.replicated,
            state.sequence,
            state.tasks,
            state.buckets,
            state.digest,
        ),
    )


def bucket_rows(db: sqlite3.Connection, group_id: str, bucket: int) -> Iterator[Row]:
    """What a merge compares of the tasks in one bucket, by id."""
    found = db.execute(
        "SELECT id, modified, fingerprint FROM tasks INDEXED BY task_rows WHERE group_id = ? AND bucket = ?",
        (group_id, bucket),
    )
    return starmap(Row, found)


def check_name_free(db: sqlite3.Connection, state: State, entry: Entry) -> None:
    """BadInput if another group here has that name; Refused, with the way out, for an `apply`."""
    ours = state.settings.record.id
    found = db.execute("SELECT id FROM groups WHERE name = ? AND id <> ?", (state.name, ours)).fetchone()
    if found is None:
        return
    if entry.kind == "apply":
        raise Refused(
            f"another group here is named {state.name!r}: its id is {found[0]},"
            f" the replicated one's is {ours}. To make them one:"
            f" atsn group adopt {shlex.quote(state.name)} {ours}"
        )
    raise BadInput(f"there is a group named {state.name!r} already ({found[0]}): choose another name")
