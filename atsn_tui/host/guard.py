"""A peer that is removed, or may do less than before, is cut off at once, whoever changed it and where."""

import logging
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from atsn_tui.host.journal import Journal
from atsn_tui.host.watching import Rings, watch
from atsn_tui.model.peer import Peer
from atsn_tui.store import peers
from atsn_tui.store.database.store import Store

# What an sshd starts for a peer watches it too, and has no need of SSH.
if TYPE_CHECKING:
    from atsn_tui.replication.connections import Connections
    from atsn_tui.transport.server import Server

LOOK = 0.3
"""Seconds between two looks for changes where no bell is heard."""

log = logging.getLogger(__name__)


async def guard(
    store: Store, server: "Server | None", connections: "Connections", rings: Rings | None = None
) -> None:
    """Watch the peers until cancelled."""
    known: dict[str, Peer] = {}

    async def look() -> None:
        nonlocal known
        after = await store.read(_peers)
        for each in known.values():
            await _compare(each, after.get(each.id), server, connections)
        known = after

    await watch(store, look, rings or Rings(), Journal(log), "see whether peers have changed", LOOK)


async def until_less(store: Store, peer: Peer, address: str) -> None:
    """Return when that peer may no longer do all that it could, or no longer come from that IP address."""

    async def look() -> None:
        current = await store.read(lambda db: peers.get(db, peer.id))
        if less(peer, current) or current is None or not current.may_come_from(address):
            raise _Less

    with suppress(_Less):
        await watch(store, look, Rings(), Journal(log), f"see whether {peer.name} has changed", LOOK)


class _Less(Exception):
    """Ends a watch: what was watched for has happened."""


def _peers(db: sqlite3.Connection) -> dict[str, Peer]:
    return {peer.id: peer for peer in peers.list_peers(db)}


async def _compare(
    before: Peer, after: Peer | None, server: "Server | None", connections: "Connections"
) -> None:
    lost = less(before, after)

    def older(_: str, known: object) -> bool:
        """Whether it logged in before that was lost: who came afterwards knows already what it may do."""
        return not isinstance(known, Peer) or less(known, after) is not None

    if server is not None and lost and await server.cut(before.public_key, older):
        log.info("cut the connections of %s: %s", before.name, lost)
    if server is not None and after is not None and after.allow_from != before.allow_from:
        await _cut_outsiders(after, server)
    if after is None or before.route != after.route:
        await connections.drop(before)


async def _cut_outsiders(peer: Peer, server: "Server") -> None:
    def outside(address: str, _: object) -> bool:
        return not address or not peer.may_come_from(address)

    if await server.cut(peer.public_key, outside):
        log.info("cut connections of %s: it may no longer come from there", peer.name)


def less(before: Peer, after: Peer | None) -> str | None:
    """What a peer has lost, wherever it comes from; None if it may still do all that it could."""
    if after is None:
        return "it was removed"
    if before.public_key != after.public_key:
        return "it has another key"
    if not set(before.grants) <= set(after.grants):
        return "it may do less"
    return None
