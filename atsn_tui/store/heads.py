"""The last head that each peer showed of each group."""

import sqlite3

from atsn_tui.model.record import Head


def get(db: sqlite3.Connection, peer_id: str, group_id: str) -> Head | None:
    """The last head seen; None if none was."""
    found = db.execute(
        "SELECT store_id, sequence, digest FROM heads WHERE peer_id = ? AND group_id = ?", (peer_id, group_id)
    ).fetchone()
    return None if found is None else Head(*found)


def set(db: sqlite3.Connection, peer_id: str, group_id: str, head: Head) -> None:
    """Remember a head in place of the last one."""
    db.execute(
        "INSERT OR REPLACE INTO heads (peer_id, group_id, store_id, sequence, digest) VALUES (?, ?, ?, ?, ?)",
        (peer_id, group_id, head.store_id, head.sequence, head.digest),
    )
