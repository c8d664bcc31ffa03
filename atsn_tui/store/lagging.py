"""Which groups peers pull from here and lacked something of when they last asked, for all processes to know."""

import sqlite3

KEPT = 86_400_000_000
"""After so many µs without a question the peer pulls that group no more, as far as anybody can tell."""


def of(db: sqlite3.Connection, peer_id: str, now: int) -> dict[str, int]:
    """The ids of replicated groups that the peer lacks something of, with when it last asked, in µs."""
    found = db.execute(
        "SELECT group_id, at FROM lagging JOIN groups ON groups.id = group_id"
        " WHERE peer_id = ? AND replicated AND at > ?",
        (peer_id, now - KEPT),
    )
    return dict(found.fetchall())


def put(db: sqlite3.Connection, peer_id: str, group_id: str, at: int) -> None:
    """The peer lacks something of that group. Nothing happens if the group was removed meanwhile."""
    db.execute(
        "INSERT OR REPLACE INTO lagging (peer_id, group_id, at) SELECT ?, id, ? FROM groups WHERE id = ?",
        (peer_id, at, group_id),
    )


def remove(db: sqlite3.Connection, peer_id: str, group_id: str) -> None:
    """The peer has what is here of that group."""
    db.execute("DELETE FROM lagging WHERE peer_id = ? AND group_id = ?", (peer_id, group_id))
