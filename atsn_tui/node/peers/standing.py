"""How a peer stands and what it may do here, as front ends see it."""

import sqlite3
from collections.abc import Mapping

from atsn_tui.model import dates
from atsn_tui.model.peer import Access, Peer
from atsn_tui.model.skew import skew_words
from atsn_tui.node.links.links import link_view
from atsn_tui.node.peers.grants import grant_texts
from atsn_tui.node.peers.views import (
    PeerAccess,
    PeerStatus,
    PeerView,
    RefusalView,
)
from atsn_tui.node.views import LinkView
from atsn_tui.store import links, peers, refusals
from atsn_tui.store.refusals import Refusal

FAULTS: dict[str, PeerStatus] = {
    "unreachable": "offline",
    "refused": "refused",
    "version_mismatch": "version_mismatch",
}


def peer_view(db: sqlite3.Connection, peer: Peer) -> PeerView:
    """A peer as front ends see it."""
    state = peers.get_state(db, peer.id)
    skew = skew_words(state.clock_skew_us, state.latency_us)
    of_peer = [link_view(db, link) for link in links.list_links(db, peer_id=peer.id) if link.enabled]
    return PeerView(
        id=peer.id,
        name=peer.name,
        address=peer.address,
        public_key=peer.public_key,
        host_key=peer.host_key,
        grants=grant_texts(peer.grants),
        allow_from=peer.allow_from,
        node_id=peer.node_id,
        state=_status(state, of_peer),
        behind=sum(link.behind for link in of_peer),
        changed=any(link.changed for link in of_peer),
        version=state.version,
        last_contact=None if state.last_contact is None else dates.format_date(state.last_contact),
        latency_ms=None if state.latency_us is None else state.latency_us / 1000,
        clock_skew_ms=None if state.clock_skew_us is None else state.clock_skew_us / 1000,
        clock=None if skew is None else f"clock {skew}",
        error=state.last_error,
        service=None if state.service is None else "running" if state.service else "stopped",
        silent_since=None if state.silent_since is None else dates.format_date(state.silent_since),
        last_refusal=refusal_view(refusals.get(db, peer.id)),
    )


def peer_access(db: sqlite3.Connection, peer: Peer, names: Mapping[str, str]) -> PeerAccess:
    """What a peer may do here; `names` are those of the groups by id."""

    def of(access: Access) -> tuple[str, ...]:
        ids = [grant.group_id for grant in peer.grants if grant.access == access]
        return ("*",) if None in ids else tuple(names.get(each or "", each or "") for each in ids)

    return PeerAccess(
        name=peer.name,
        pull=of("pull"),
        push=of("push"),
        status=of("status"),
        allow_from=peer.allow_from,
        address=peer.address,
        last_refusal=refusal_view(refusals.get(db, peer.id)),
    )


def refusal_view(refusal: Refusal | None) -> RefusalView | None:
    """A refusal as front ends see it."""
    if refusal is None:
        return None
    return RefusalView(
        at=dates.format_date(refusal.at), address=refusal.address, reason=refusal.reason, count=refusal.count
    )


def _status(found: peers.PeerState, of_peer: "list[LinkView]") -> PeerStatus:
    """How a peer stands: the worst of the last contact, of its links and of its scheduler."""
    state = found.state
    if state in FAULTS:
        return FAULTS[state]
    states = {link.state for link in of_peer}
    if "held" in states:
        return "held"
    if "refused" in states:
        return "refused"
    if "failed" in states:
        return "failed"
    if found.silent_since is not None:
        return "silent"
    if states & {"differs", "moved"}:
        return "behind"
    if states & {"in_sync", "applied"}:
        return "in_sync"
    return "behind" if state == "behind" else "in_sync" if state == "in_sync" else "unknown"
