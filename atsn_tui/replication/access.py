"""What a peer may ask of this node, checked on every request against what the store says now."""

import shlex
import sqlite3
from collections import Counter
from collections.abc import Mapping

from atsn_tui.errors import Refused
from atsn_tui.model.peer import Access, Grant, Peer
from atsn_tui.replication.context import Context
from atsn_tui.store import groups, peers


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


async def require(context: Context, peer: Peer, wanted: tuple[Access, ...], group_id: str, name: str) -> None:
    """Refused unless the peer has one of the grants for that group, which it calls by that name, if by any."""
    if any(peer.may(access, group_id) for access in wanted):
        return
    names = await context.store.read(lambda db: _names(db, peer, group_id, name))
    # The grants that there are, and the least that is missing.
    grants = ",".join(_written(grant, names) for grant in (*peer.grants, Grant(wanted[0], group_id)))
    told = name or names.get(group_id, group_id)
    raise Refused(
        f"{context.name} does not grant {peer.name} {' or '.join(wanted)} for group {told!r}; to allow it, "
        f"run on {context.name}: atsn peer set {shlex.quote(peer.name)} --grant {shlex.quote(grants)}"
    )


def _names(db: sqlite3.Connection, peer: Peer, group_id: str, name: str) -> dict[str, str]:
    """Names of groups by id: those that mean one group here, and that the peer may know or said itself."""
    rows = groups.list_groups(db)
    count = Counter(row.name for row in rows)
    return {
        row.id: row.name
        for row in rows
        if row.replicated
        and count[row.name] == 1
        and "," not in row.name
        and (visible(peer, row.id) or (row.id, row.name) == (group_id, name))
    }


def _written(grant: Grant, names: Mapping[str, str]) -> str:
    group_id = grant.group_id
    return grant.text if group_id is None else f"{grant.access}:{names.get(group_id, group_id)}"


def visible(peer: Peer, group_id: str) -> bool:
    """Whether the peer has any grant that covers the group."""
    return any(peer.may(access, group_id) for access in ("pull", "push", "status"))
