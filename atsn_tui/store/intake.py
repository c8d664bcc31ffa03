"""Groups that take nothing from peers for now, because someone undid on this node what its primary had brought."""

import sqlite3

import msgspec
from msgspec import Struct

from atsn_tui.store import audit


class Pause(Struct, frozen=True, kw_only=True):
    """A pause of what peers may change in a group here, until it is released."""

    who: str
    at: int
    """Microseconds since the epoch."""
    kept_by: str = ""
    """The primary's name as this node knows it."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Pause)


def get(db: sqlite3.Connection, group_id: str) -> Pause | None:
    """The pause of a group; None: it takes what peers bring."""
    found = db.execute("SELECT body FROM intake_pauses WHERE group_id = ?", (group_id,)).fetchone()
    return None if found is None else _decoder.decode(found[0])


def pause(db: sqlite3.Connection, group_id: str, name: str, pause: Pause) -> None:
    """Let a group take nothing from peers."""
    db.execute(
        "INSERT OR REPLACE INTO intake_pauses (group_id, body) VALUES (?, ?)",
        (group_id, _encoder.encode(pause)),
    )
    audit.note(db, "intake.pause", group_id, name, group_id=group_id, after=pause)


def release(db: sqlite3.Connection, group_id: str, name: str) -> bool:
    """Let a group take again what peers bring; whether it had been paused."""
    before = get(db, group_id)
    if before is None:
        return False
    db.execute("DELETE FROM intake_pauses WHERE group_id = ?", (group_id,))
    audit.note(db, "intake.release", group_id, name, group_id=group_id, before=before)
    return True


def move(db: sqlite3.Connection, old: str, new: str) -> None:
    """Lead a group's pause to the group's new id."""
    db.execute("UPDATE OR REPLACE intake_pauses SET group_id = ? WHERE group_id = ?", (new, old))
