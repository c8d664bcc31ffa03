"""Tasks as they are stored: reading them, and the dates that an id must not go behind.

They are written only by `changes.commit`.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from atsn_tui.model.record import Origin, Record


class TaskRow(Struct, frozen=True, array_like=True):
    """A stored record, and where its last change came from."""

    record: Record
    origin: Origin


_encoder = msgspec.msgpack.Encoder()
_origin_decoder = msgspec.msgpack.Decoder(Origin)


def get(db: sqlite3.Connection, group_id: str, ids: Iterable[str]) -> list[TaskRow]:
    """The tasks of those ids that exist, sorted by id."""
    found = db.execute(
        "SELECT id, modified, body, fingerprint, origin FROM tasks"
        " WHERE group_id = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (group_id, json.dumps(list(ids))),
    )
    return [from_columns(*row) for row in found]


def list_tasks(db: sqlite3.Connection, group_id: str) -> list[TaskRow]:
    """All tasks of a group, sorted by id."""
    found = db.execute(
        "SELECT id, modified, body, fingerprint, origin FROM tasks WHERE group_id = ? ORDER BY id",
        (group_id,),
    )
    return [from_columns(*row) for row in found]


def find_by_prefix(db: sqlite3.Connection, prefix: str) -> list[tuple[str, TaskRow]]:
    """Every task whose id begins with `prefix`, with its group's id."""
    # By way of the groups, so that each is one range of the primary key and no index on the id is needed.
    found = db.execute(
        "SELECT g.id, t.id, t.modified, t.body, t.fingerprint, t.origin FROM groups g"
        " CROSS JOIN tasks t ON t.group_id = g.id AND t.id >= ? AND t.id < ? ORDER BY g.id, t.id",
        (prefix, prefix + "\U0010ffff"),
    )
    return [(group_id, from_columns(*row)) for group_id, *row in found]


def floor(db: sqlite3.Connection, group_id: str, task_id: str) -> int | None:
    """The latest date of a deleted record of that id (settings: the group's); None if none was deleted."""
    row = db.execute(
        "SELECT modified FROM floors WHERE group_id = ? AND id = ?", (group_id, task_id)
    ).fetchone()
    return None if row is None else int(row[0])


def raise_floors(db: sqlite3.Connection, group_id: str, dates: Iterable[tuple[str, int]]) -> None:
    """Remember the dates of deleted ids. A floor never sinks."""
    db.executemany(
        "INSERT INTO floors (group_id, id, modified) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET modified = max(modified, excluded.modified)",
        [(group_id, identity, modified) for identity, modified in dates],
    )


def pack_origin(origin: Origin) -> bytes:
    """The origin as a column."""
    return _encoder.encode(origin)


def from_columns(identity: str, modified: int, body: bytes, fingerprint: bytes, origin: bytes) -> TaskRow:
    """The record in these columns of a row, in this order."""
    return TaskRow(Record(identity, modified, body, fingerprint), _origin_decoder.decode(origin))


def to_columns(row: TaskRow) -> tuple[Any, ...]:
    """The values that `from_columns` reads."""
    record = row.record
    return (record.id, record.modified, record.body, record.fingerprint, pack_origin(row.origin))
