"""Whom this node last said no to, and why."""

import sqlite3

from msgspec import Struct

STRANGERS = ""
"""Stands for whoever is no peer."""


class Refusal(Struct, frozen=True, kw_only=True):
    """The last refusal of a peer, or of strangers."""

    at: int
    """Microseconds since the epoch."""
    address: str
    """The IP address that it came from."""
    reason: str
    count: int
    """How many there have been, this one included."""


def add(db: sqlite3.Connection, peer_id: str, at: int, address: str, reason: str, count: int = 1) -> None:
    """Keep the latest of `count` new refusals. One of a peer that was removed meanwhile is not kept."""
    if peer_id != STRANGERS and not db.execute("SELECT 1 FROM peers WHERE id = ?", (peer_id,)).fetchone():
        return
    db.execute(
        "INSERT INTO refusals (peer_id, at, address, reason, count) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (peer_id) DO UPDATE SET at = excluded.at, address = excluded.address,"
        " reason = excluded.reason, count = count + excluded.count",
        (peer_id, at, address, reason, count),
    )


def get(db: sqlite3.Connection, peer_id: str) -> Refusal | None:
    """The last refusal of a peer, or of STRANGERS."""
    found = db.execute(
        "SELECT at, address, reason, count FROM refusals WHERE peer_id = ?", (peer_id,)
    ).fetchone()
    if found is None:
        return None
    at, address, reason, count = found
    return Refusal(at=at, address=address, reason=reason, count=count)
