"""How groups run on this node alone: whether at all, and how many runs at once. It outlives the group."""

import sqlite3

import msgspec

from atsn_tui.model.run import GroupHere
from atsn_tui.store import audit

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(GroupHere)


def get(db: sqlite3.Connection, group_id: str) -> GroupHere:
    """How the group runs here."""
    found = db.execute("SELECT body FROM groups_here WHERE group_id = ?", (group_id,)).fetchone()
    return GroupHere() if found is None else _decoder.decode(found[0])


def list_here(db: sqlite3.Connection) -> dict[str, GroupHere]:
    """All groups that do not run as usual."""
    found = db.execute("SELECT group_id, body FROM groups_here ORDER BY group_id")
    return {group_id: _decoder.decode(body) for group_id, body in found}


def put(db: sqlite3.Connection, group_id: str, here: GroupHere) -> None:
    """Say how the group runs here."""
    before = get(db, group_id)
    if here != before:
        name = audit.name_of(db, group_id)
        audit.note(db, "group.here", group_id, name, group_id=group_id, before=before, after=here)
    if here == GroupHere():
        db.execute("DELETE FROM groups_here WHERE group_id = ?", (group_id,))
        return
    db.execute(
        "INSERT OR REPLACE INTO groups_here (group_id, body) VALUES (?, ?)", (group_id, _encoder.encode(here))
    )
