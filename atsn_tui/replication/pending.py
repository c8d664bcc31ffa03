"""Links whose group is known by name only, until its peer tells which one that is."""

import sqlite3

from msgspec.structs import replace

from atsn_tui.errors import NotFound
from atsn_tui.model.peer import Link, Peer
from atsn_tui.replication.context import Context
from atsn_tui.replication.remote import RemoteReplica
from atsn_tui.store import links


async def resolved(context: Context, link: Link, peer: Peer, far: RemoteReplica) -> Link:
    """The link with its group's id, which is remembered. NotFound: the peer shows no group of that name."""
    shown = await far.groups()
    ids = [group_id for group_id, name in shown.items() if name == link.group_name]
    if len(ids) != 1:
        names = ", ".join(sorted(shown.values())) or "none"
        raise NotFound(f"{peer.name} shows no group named {link.group_name!r}; it shows: {names}")

    def write(db: sqlite3.Connection) -> Link:
        current = links.get(db, link.id)
        if current is None:
            raise NotFound(f"the link to group {link.group_name!r} with {peer.name} was removed")
        if current.group_id is None:
            links.update(db, replace(current, group_id=ids[0]))
        return replace(link, group_id=current.group_id or ids[0])

    return await context.store.write(write)
