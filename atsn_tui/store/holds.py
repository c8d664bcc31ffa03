"""Pauses of a task, a group or the whole node, on this node alone. They outlive what they hold."""

import sqlite3

import msgspec

from atsn_tui.model.run import Hold
from atsn_tui.store import audit

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Hold)


def put(db: sqlite3.Connection, hold: Hold) -> None:
    """Hold something, in place of a hold on the same."""
    before = _find(db, hold.group_id, hold.task_id)
    _note(db, "hold.add" if before is None else "hold.change", before, hold)
    db.execute(
        "INSERT OR REPLACE INTO holds (group_id, task_id, body) VALUES (?, ?, ?)",
        (hold.group_id or "", hold.task_id or "", _encoder.encode(hold)),
    )


def list_holds(db: sqlite3.Connection) -> list[Hold]:
    """All holds: the node's, then those on groups and tasks. Some may be over."""
    return [
        msgspec.structs.replace(_decoder.decode(body), group_id=group_id or None)
        for group_id, body in db.execute("SELECT group_id, body FROM holds ORDER BY group_id, task_id")
    ]


def remove(db: sqlite3.Connection, group_id: str | None = None, task_id: str | None = None) -> bool:
    """Release what exactly that hold holds; whether there was one."""
    before = _find(db, group_id, task_id)
    if before is None:
        return False
    _delete(db, before)
    _note(db, "hold.remove", before, None)
    return True


def prune(db: sqlite3.Connection, now: int) -> None:
    """Forget holds that are over."""
    for hold in list_holds(db):
        if not hold.active(now):
            _delete(db, hold)


def _find(db: sqlite3.Connection, group_id: str | None, task_id: str | None) -> Hold | None:
    held = (group_id or None, task_id or None)
    return next((hold for hold in list_holds(db) if (hold.group_id, hold.task_id or None) == held), None)


def _delete(db: sqlite3.Connection, hold: Hold) -> None:
    db.execute(
        "DELETE FROM holds WHERE group_id = ? AND task_id = ?", (hold.group_id or "", hold.task_id or "")
    )


def _note(db: sqlite3.Connection, action: str, before: Hold | None, after: Hold | None) -> None:
    hold = after or before
    assert hold is not None
    subject = hold.task_id or hold.group_id or ""
    name = audit.name_of(db, hold.group_id, hold.task_id)
    audit.note(db, action, subject, name, group_id=hold.group_id or "", before=before, after=after)
