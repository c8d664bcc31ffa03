"""Plans that peers took back: an order to apply one is too late then, whichever process it comes to."""

import sqlite3

KEPT = 100
"""So many of each peer are remembered, the newest."""


def add(db: sqlite3.Connection, peer_id: str, proposal: str) -> None:
    """Take back what the peer proposed under that id. Of a peer that was removed nothing is applied anyway."""
    db.execute(
        "INSERT INTO withdrawn (peer_id, proposal) SELECT id, ? FROM peers WHERE id = ?", (proposal, peer_id)
    )
    db.execute(
        "DELETE FROM withdrawn WHERE peer_id = ? AND number NOT IN"
        " (SELECT number FROM withdrawn WHERE peer_id = ? ORDER BY number DESC LIMIT ?)",
        (peer_id, peer_id, KEPT),
    )


def has(db: sqlite3.Connection, peer_id: str, proposal: str) -> bool:
    """Whether the peer took that back."""
    found = db.execute("SELECT 1 FROM withdrawn WHERE peer_id = ? AND proposal = ?", (peer_id, proposal))
    return found.fetchone() is not None
