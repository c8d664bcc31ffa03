"""Peers, and how each was last found."""

import sqlite3
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.errors import BadInput, NotFound, Refused
from atsn_tui.model.peer import Link, Peer
from atsn_tui.store import audit, links, node


class PeerState(Struct, frozen=True, kw_only=True):
    """How a peer was last found."""

    last_contact: int | None = None
    """Microseconds since the epoch."""
    last_error: str | None = None
    latency_us: int | None = None
    version: str | None = None
    clock_skew_us: int | None = None
    """The peer's clock minus ours."""
    state: str = "unknown"
    service: bool | None = None
    """Whether a service runs there; None: it never told."""
    silent_since: int | None = None
    """Since when its scheduler has taken no turn though its service runs, in µs by our clock."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Peer)
_state_decoder = msgspec.msgpack.Decoder(PeerState)


def list_peers(db: sqlite3.Connection) -> list[Peer]:
    """All peers, by name."""
    return [_decoder.decode(body) for (body,) in db.execute("SELECT body FROM peers ORDER BY name")]


def get(db: sqlite3.Connection, peer_id: str) -> Peer | None:
    """The peer of that id."""
    return _peer(db.execute("SELECT body FROM peers WHERE id = ?", (peer_id,)).fetchone())


def by_name(db: sqlite3.Connection, name: str) -> Peer | None:
    """The peer of exactly that name."""
    return _peer(db.execute("SELECT body FROM peers WHERE name = ?", (name,)).fetchone())


def by_key(db: sqlite3.Connection, public_key: str) -> Peer | None:
    """The peer that logs in with that key."""
    return _peer(db.execute("SELECT body FROM peers WHERE public_key = ?", (public_key,)).fetchone())


def add(db: sqlite3.Connection, peer: Peer) -> None:
    """Keep a new peer. BadInput if another has its name, key or node id."""
    if get(db, peer.id) is not None:
        raise BadInput(f"there is a peer with the id {peer.id} already")
    _check_free(db, peer)
    db.execute(
        "INSERT INTO peers (name, public_key, node_id, body, id) VALUES (?, ?, ?, ?, ?)", _columns(peer)
    )
    audit.note(db, "peer.add", peer.id, peer.name, peer_id=peer.id, after=peer)


def update(db: sqlite3.Connection, peer: Peer) -> None:
    """Replace the peer of that id. NotFound: no such peer. BadInput: another has its name, key or node."""
    before = get(db, peer.id)
    if before is None:
        raise _missing(peer.id)
    _check_free(db, peer)
    db.execute(
        "UPDATE peers SET name = ?, public_key = ?, node_id = ?, body = ? WHERE id = ?", _columns(peer)
    )
    if peer != before:
        audit.note(db, "peer.change", peer.id, peer.name, peer_id=peer.id, before=before, after=peer)


def remove(db: sqlite3.Connection, peer_id: str) -> list[Link]:
    """Remove a peer and its links, which are returned, and all that was remembered of it.

    Groups that followed it follow nobody. NotFound if there is no such peer.
    """
    peer = get(db, peer_id)
    if peer is None:
        raise _missing(peer_id)
    removed = links.list_links(db, peer_id=peer_id)
    for link in removed:
        links.note(db, "link.remove", link, None)
    for group_id, name in db.execute(
        "SELECT g.id, g.name FROM follows f JOIN groups g ON g.id = f.group_id WHERE f.peer_id = ?",
        (peer_id,),
    ).fetchall():
        audit.note(db, "group.unfollow", group_id, name, group_id=group_id, peer_id=peer_id)
    db.execute("DELETE FROM peers WHERE id = ?", (peer_id,))
    audit.note(db, "peer.remove", peer_id, peer.name, peer_id=peer_id, before=peer)
    return removed


def bind_node_id(db: sqlite3.Connection, peer_id: str, node_id: str) -> None:
    """Bind a peer's key to the node that showed itself with it.

    Refused if the peer was bound to another node, if another peer is that node, or if it is this node.
    """
    peer = get(db, peer_id)
    if peer is None:
        raise _missing(peer_id)
    if peer.node_id == node_id:
        return
    if peer.node_id is not None:
        raise Refused(
            f"peer {peer.name!r} was node {peer.node_id} and now says that it is {node_id}:"
            f" if it was set up anew, remove the peer and add it again"
        )
    if node_id == node.node_id(db):
        raise Refused(f"peer {peer.name!r} has this node's own id: it is this node, or a copy of its home")
    other = _by_node(db, node_id)
    if other is not None:
        raise Refused(
            f"peer {peer.name!r} says that it is node {node_id}, which is peer {other.name!r} already"
        )
    update(db, replace(peer, node_id=node_id))


def get_state(db: sqlite3.Connection, peer_id: str) -> PeerState:
    """How the peer was last found; of one never met, nothing."""
    found = db.execute("SELECT body FROM peer_states WHERE peer_id = ?", (peer_id,)).fetchone()
    return PeerState() if found is None else _state_decoder.decode(found[0])


def met(db: sqlite3.Connection, peer_id: str, now: int) -> None:
    """Both sides have just agreed about the peer: what went wrong before that counts no more."""
    set_state(
        db, peer_id, replace(get_state(db, peer_id), state="reached", last_contact=now, last_error=None)
    )


def set_state(db: sqlite3.Connection, peer_id: str, state: PeerState) -> None:
    """Replace what is known of how the peer was last found. NotFound if there is no such peer."""
    if get(db, peer_id) is None:
        raise _missing(peer_id)
    db.execute(
        "INSERT OR REPLACE INTO peer_states (peer_id, body) VALUES (?, ?)", (peer_id, _encoder.encode(state))
    )


def _check_free(db: sqlite3.Connection, peer: Peer) -> None:
    other = by_name(db, peer.name)
    if other is not None and other.id != peer.id:
        raise BadInput(f"there is a peer named {peer.name!r} already ({other.id}): choose another name")
    other = by_key(db, peer.public_key)
    if other is not None and other.id != peer.id:
        raise BadInput(f"peer {other.name!r} has that public key already: one key is one peer")
    other = None if peer.node_id is None else _by_node(db, peer.node_id)
    if other is not None and other.id != peer.id:
        raise BadInput(f"peer {other.name!r} is node {peer.node_id} already: one node is one peer")


def _by_node(db: sqlite3.Connection, node_id: str) -> Peer | None:
    return _peer(db.execute("SELECT body FROM peers WHERE node_id = ?", (node_id,)).fetchone())


def _peer(found: Any) -> Peer | None:
    return None if found is None else _decoder.decode(found[0])


def _columns(peer: Peer) -> tuple[object, ...]:
    return (peer.name, peer.public_key, peer.node_id, _encoder.encode(peer), peer.id)


def _missing(peer_id: str) -> NotFound:
    return NotFound(f"there is no peer with the id {peer_id}: atsn peer list shows those there are")
