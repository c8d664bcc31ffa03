"""What this node remembers of its peers' last contact. Little is written, so that polling costs no commits."""

import sqlite3

from msgspec.structs import replace

from atsn_tui.errors import AtsnError
from atsn_tui.model.peer import Peer
from atsn_tui.replication.context import Context
from atsn_tui.replication.hello import Contact
from atsn_tui.replication.replica import HeadInfo
from atsn_tui.store import peers
from atsn_tui.store.peers import PeerState

FRESH = 30_000_000
"""A contact is written again only after this long, in µs, unless something else about it changed."""


async def reached(context: Context, peer: Peer, contact: Contact) -> None:
    """The peer answered: bind its node id at first contact and remember version, latency and clock."""
    await _remember(
        context,
        peer,
        contact.node_id,
        last_contact=context.now(),
        last_error=None,
        latency_us=contact.latency,
        version=contact.version,
        clock_skew_us=contact.skew,
        state="reached",
    )


async def lost(context: Context, peer: Peer, error: AtsnError) -> None:
    """The peer could not be reached, or one side refused."""
    values: dict[str, object] = {"last_error": error.message, "state": error.code}
    if error.code != "unreachable":
        values["last_contact"] = context.now()
    await _remember(context, peer, None, **values)


async def met(context: Context, peer: Peer, contact: Contact) -> None:
    """The peer connected to this node and was let in."""
    await _remember(
        context,
        peer,
        contact.node_id,
        last_contact=context.now(),
        version=contact.version,
        clock_skew_us=contact.skew,
        last_error=None,
    )


async def asked(context: Context, peer: Peer, info: HeadInfo, have: bytes | None) -> None:
    """The peer asked for a head and told its own digest: what it lacked is known from that."""
    current = info.head is not None and info.head.digest == have
    state = "in_sync" if current else "behind"
    await _remember(context, peer, None, last_contact=context.now(), state=state, last_error=None)


async def _remember(context: Context, peer: Peer, node_id: str | None, **values: object) -> None:
    before = await context.store.read(lambda db: peers.get_state(db, peer.id))
    after = replace(before, **values)
    bind = node_id if peer.node_id is None else None
    if bind is None and not _tells(before, after):
        return

    def write(db: sqlite3.Connection) -> None:
        if bind is not None:
            peers.bind_node_id(db, peer.id, bind)
        if peers.get(db, peer.id) is not None:
            peers.set_state(db, peer.id, replace(peers.get_state(db, peer.id), **values))

    await context.store.write(write)


def _tells(before: PeerState, after: PeerState) -> bool:
    """Whether the new state says enough that the old one did not."""
    measured = replace(
        after,
        last_contact=before.last_contact,
        latency_us=before.latency_us,
        clock_skew_us=before.clock_skew_us,
    )
    if (before.state, after.state) == ("behind", "in_sync"):
        # A peer with one group behind and one in sync says both in turn; the former counts.
        measured = replace(measured, state=before.state)
    if measured != before:
        return True
    return after != before and (after.last_contact or 0) - (before.last_contact or 0) >= FRESH
