"""Pauses of a task, a group or the whole node, on this node alone. They outlive what they hold."""

import sqlite3

import msgspec

from atsn_tui.model.run import Hold

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Hold)


def put(db: sqlite3.Connection, hold: Hold) -> None:
    """Hold something, in place of a hold on the same."""
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
    found = db.execute(
        "DELETE FROM holds WHERE group_id = ? AND task_id = ?", (group_id or "", task_id or "")
    )
    return found.rowcount > 0


def prune(db: sqlite3.Connection, now: int) -> None:
    """Forget holds that are over."""
    for hold in list_holds(db):
        if not hold.active(now):
            remove(db, hold.group_id, hold.task_id)
