"""What a peer may ask of this node, checked on every request against what the store says now."""

import shlex
import sqlite3

from atsn_tui.errors import Refused
from atsn_tui.model.peer import Access, Peer
from atsn_tui.replication.context import Context
from atsn_tui.store import peers


async def current_peer(context: Context, public_key: str, address: str) -> Peer:
    """The peer with that key as it is known now; Refused if it is unknown or may not come from there."""

    def read(db: sqlite3.Connection) -> Peer | None:
        return peers.by_key(db, public_key)

    peer = await context.store.read(read)
    if peer is None:
        raise Refused(f"{context.name} no longer knows this key")
    if not peer.may_come_from(address):
        raise Refused(
            f"{context.name} does not let {peer.name} connect from {address}; "
            f"to allow it, run on {context.name}: atsn peer set {shlex.quote(peer.name)} --from …"
        )
    return peer


def require(context: Context, peer: Peer, wanted: tuple[Access, ...], group_id: str, name: str) -> None:
    """Refused unless the peer has one of the grants for that group."""
    if any(peer.may(access, group_id) for access in wanted):
        return
    # The grants that there are, and the least that is missing.
    grants = [grant.text for grant in peer.grants] + [f"{wanted[0]}:{group_id}"]
    raise Refused(
        f"{context.name} does not grant {peer.name} {' or '.join(wanted)} for group {name!r}; to allow it, "
        f"run on {context.name}: atsn peer set {shlex.quote(peer.name)} --grant {','.join(grants)}"
    )


def visible(peer: Peer, group_id: str) -> bool:
    """Whether the peer has any grant that covers the group."""
    return any(peer.may(access, group_id) for access in ("pull", "push", "status"))
