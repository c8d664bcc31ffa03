"""The audit log: one row for every change on this node, written in the transaction of the change.

Each row's hash covers the row and the hash of the row before, so that nothing can be changed, taken out, put in or
exchanged without breaking the chain. Secrets never stand in it.
"""

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from atsn_tui.model import codec
from atsn_tui.store.acting import current

BEGINNING = bytes(32)
"""What stands for the hash before the first row."""

COLUMNS = (
    *("number", "at", "who", "source", "action", "subject", "name", "group_id", "peer_id", "summary"),
    *("seq", "content", "before", "after"),
)
"""What the hash of a row covers, in this order."""

SELECT = (
    "SELECT number, at, who, source, action, subject, name, group_id, peer_id, summary, seq, content, before,"
    " after, hash FROM audit"
)
_INSERT = (
    "INSERT INTO audit (number, at, who, source, action, subject, name, group_id, peer_id, summary, seq, content,"
    " before, after, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_encoder = msgspec.msgpack.Encoder()
_json = msgspec.json.Encoder(order="sorted")


class Event(Struct, frozen=True, kw_only=True):
    """What happened."""

    at: int
    """Microseconds since the epoch."""
    who: str
    """The local user, or the peer's name."""
    source: str
    """The front end with terminal and login address, or the peer's address."""
    action: str
    """Noun and verb, as in `peer.add`."""
    subject: str = ""
    """The id of what was changed."""
    name: str = ""
    """What it was called then."""
    group_id: str = ""
    peer_id: str = ""
    summary: str = ""
    seq: int | None = None
    """The group's commit in the history; it has the records before and after."""
    content: bytes | None = None
    """The hash of that commit."""
    before: str | None = None
    after: str | None = None
    """JSON of a thing that is in no history; None: it was not there."""


class Row(Event, frozen=True, kw_only=True):
    """One entry of the log."""

    number: int
    hash: bytes


class Head(Struct, frozen=True):
    """The end of the log in a few bytes: kept elsewhere, it proves later that nothing was cut off."""

    number: int
    hash: bytes


def note(
    db: sqlite3.Connection,
    action: str,
    subject: str,
    name: str,
    *,
    before: object = None,
    after: object = None,
    group_id: str = "",
    peer_id: str = "",
    summary: str = "",
) -> None:
    """Record a change by whoever acts, now. What it was like before is its reverse; no secret may stand there."""
    by = current()
    add(
        db,
        Event(
            at=time.time_ns() // 1000,
            who=by.who,
            source=by.source,
            action=action,
            subject=subject,
            name=name,
            group_id=group_id,
            peer_id=peer_id or by.peer_id,
            summary=summary,
            before=_text(before),
            after=_text(after),
        ),
    )


def add(db: sqlite3.Connection, event: Event) -> int:
    """Put an event at the end of the log; its number. To be called in a transaction that writes."""
    last = head(db)
    number = last.number + 1
    row = (number, *_values(event))
    db.execute(_INSERT, (*row, link(last.hash, row)))
    return number


def link(previous: bytes, row: tuple[Any, ...]) -> bytes:
    """The hash of a row, given as the values of COLUMNS, that follows the one with that hash."""
    return hashlib.blake2b(previous + _encoder.encode(row), digest_size=32, person=b"atsn-audit").digest()


def head(db: sqlite3.Connection) -> Head:
    """The end of the log."""
    found = db.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    return base(db) if found is None else Head(*found)


def base(db: sqlite3.Connection) -> Head:
    """What the log begins after: the last row that was pruned, or nothing."""
    return Head(*db.execute("SELECT number, hash FROM audit_base").fetchone())


def rows(db: sqlite3.Connection, *, since: int | None = None) -> Iterator[Row]:
    """The log, newest first, from a moment in µs on."""
    found = db.execute(
        SELECT + " WHERE at >= ? ORDER BY number DESC", (-(2**63) if since is None else since,)
    )
    for row in found:
        yield _row(row)


def get(db: sqlite3.Connection, number: int) -> Row | None:
    """One entry of the log."""
    found = db.execute(SELECT + " WHERE number = ?", (number,)).fetchone()
    return None if found is None else _row(found)


def name_of(db: sqlite3.Connection, group_id: str | None, task_id: str | None = None) -> str:
    """What a group, or a task in it, is called now; its id if it is gone, and nothing for the whole node."""
    if not group_id:
        return ""
    found = db.execute("SELECT name FROM groups WHERE id = ?", (group_id,)).fetchone()
    name = str(found[0]) if found else group_id
    if not task_id:
        return name
    task = db.execute("SELECT body FROM tasks WHERE group_id = ? AND id = ?", (group_id, task_id)).fetchone()
    return f"{name}/{codec.decode_task(task[0]).path if task else task_id}"


def _values(event: Event) -> tuple[Any, ...]:
    return tuple(getattr(event, name) for name in COLUMNS[1:])


def _row(columns: tuple[Any, ...]) -> Row:
    *values, digest = columns
    return Row(hash=digest, **dict(zip(COLUMNS, values, strict=True)))


def _text(value: object) -> str | None:
    return None if value is None else _json.encode(value).decode()
