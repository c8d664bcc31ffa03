"""Plans that were taken back: each peer's own, and only so many of them."""

import sqlite3

from atsn_tui.model.peer import Peer
from atsn_tui.store import peers, withdrawn


def test_the_newest_of_each_peer_are_remembered(db: sqlite3.Connection) -> None:
    for name in ("hq", "dr"):
        peers.add(db, Peer(id=name, name=name, public_key=name))
    withdrawn.add(db, "dr", "p0")
    for number in range(withdrawn.KEPT + 1):
        withdrawn.add(db, "hq", f"p{number}")
    kept = [number for number in range(withdrawn.KEPT + 1) if withdrawn.has(db, "hq", f"p{number}")]
    assert kept == list(range(1, withdrawn.KEPT + 1))
    assert withdrawn.has(db, "dr", "p0")
    assert not withdrawn.has(db, "dr", "p1")


def test_a_peer_that_was_removed_leaves_nothing(db: sqlite3.Connection) -> None:
    peers.add(db, Peer(id="hq", name="hq", public_key="k"))
    withdrawn.add(db, "hq", "p0")
    peers.remove(db, "hq")
    withdrawn.add(db, "hq", "p1")
    assert not withdrawn.has(db, "hq", "p0")
    assert not withdrawn.has(db, "hq", "p1")
