"""What this node remembers of its peers' last contact. Little is written, so that polling costs no commits."""

import sqlite3
from collections.abc import Callable

from msgspec.structs import replace

from atsn_tui.errors import BY_CODE, AtsnError
from atsn_tui.home.pulse import SILENT
from atsn_tui.model.dates import SECOND
from atsn_tui.model.peer import Peer
from atsn_tui.replication.context import Context
from atsn_tui.replication.hello import Contact
from atsn_tui.replication.messages import AskHead
from atsn_tui.replication.replica import HeadInfo
from atsn_tui.store import lagging, peers
from atsn_tui.store.acting import By, acting
from atsn_tui.store.peers import PeerState

FRESH = 30_000_000
"""A contact is written again only after this long, in µs, unless something else about it changed."""

ASKED_AGAIN = 3_600_000_000
"""That a peer still lacks something of a group is written again after this long, in µs."""

_SAME = 5_000_000
"""Moments that are less than so many µs apart are one and the same, told twice."""


async def reached(context: Context, peer: Peer, contact: Contact) -> None:
    """The peer answered: bind its node id at first contact and remember version, latency and clock."""
    before = await _state(context, peer)
    await _remember(context, peer, before, contact, latency_us=contact.latency, state="reached")


async def lost(context: Context, peer: Peer, error: AtsnError) -> None:
    """The peer could not be reached, or one side refused."""
    before = await _state(context, peer)
    contact = before.last_contact if error.code == "unreachable" else context.now()
    await _remember(context, peer, before, last_contact=contact, last_error=error.message, state=error.code)


async def met(context: Context, peer: Peer, contact: Contact) -> None:
    """The peer connected to this node and was let in."""
    before = await _state(context, peer)
    state = "reached" if before.state in BY_CODE else before.state
    await _remember(context, peer, before, contact, state=state)


async def asked(context: Context, peer: Peer, info: HeadInfo, question: AskHead) -> None:
    """The peer asked for a head and told its own digest: what it lacks is known from that, if it is to pull."""
    group_id, now, lacks = question.group_id, context.now(), _lacks(info, question)
    before, lags = await context.store.read(
        lambda db: (peers.get_state(db, peer.id), lagging.of(db, peer.id, now))
    )
    service, silent = _life(context, before, question.pulse)
    if lacks is None:
        await _remember(context, peer, before, service=service, silent_since=silent)
        return
    known = lags.pop(group_id, None)
    news = lacks != (known is not None) or (known is not None and abs(now - known) >= ASKED_AGAIN)

    def keep(db: sqlite3.Connection) -> str:
        lagging.put(db, peer.id, group_id, now) if lacks else lagging.remove(db, peer.id, group_id)
        return _standing(lagging.of(db, peer.id, now))

    told: dict[str, object] = {"state": _standing(lacks or lags), "service": service, "silent_since": silent}
    await _remember(context, peer, before, None, news, keep, **told)


async def felt(context: Context, peer: Peer, pulse: int | None) -> None:
    """The peer told how its service lives."""
    before = await _state(context, peer)
    service, silent = _life(context, before, pulse)
    if (service, silent) != (before.service, before.silent_since):
        kept: dict[str, object] = {"last_contact": before.last_contact, "last_error": before.last_error}
        await _remember(
            context, peer, before, None, False, None, **kept, service=service, silent_since=silent
        )


async def brought(context: Context, peer: Peer) -> None:
    """The peer pushed what this node lacked."""

    def standing(db: sqlite3.Connection) -> str:
        return _standing(lagging.of(db, peer.id, context.now()))

    state = await context.store.read(standing)
    await _remember(context, peer, await _state(context, peer), keep=standing, state=state)


def _lacks(info: HeadInfo, question: AskHead) -> bool | None:
    """Whether the peer lacks something of the group; None where its question does not tell."""
    if info.head is None:
        return None
    if info.head.digest == question.have:
        return False
    return True if question.purpose == "pull" else None


def _standing(lags: object) -> str:
    """How a peer stands that lacks something of these groups."""
    return "behind" if lags else "in_sync"


def _life(context: Context, before: PeerState, pulse: int | None) -> tuple[bool, int | None]:
    """Whether a peer's service runs, and since when its scheduler is silent, from what it told of its last turn."""
    if pulse is None or pulse < SILENT:
        return pulse is not None, None
    since, known = max(context.now() - pulse, 0), before.silent_since
    return True, known if known is not None and abs(since - known) < _SAME else since


async def _state(context: Context, peer: Peer) -> PeerState:
    return await context.store.read(lambda db: peers.get_state(db, peer.id))


async def _remember(
    context: Context,
    peer: Peer,
    before: PeerState,
    contact: Contact | None = None,
    certain: bool = False,
    keep: Callable[[sqlite3.Connection], str] | None = None,
    **told: object,
) -> None:
    """Write it, if it tells enough or is `certain` to. `keep` writes along, and says the state as it is then."""
    values: dict[str, object] = {"last_contact": context.now(), "last_error": None}
    if contact is not None:
        values |= {"version": contact.version, "clock_skew_us": contact.skew}
    values |= told
    bind = contact.node_id if contact is not None and peer.node_id is None else None
    if bind is None and not certain and not _tells(before, replace(before, **values)):
        return

    def write(db: sqlite3.Connection) -> None:
        if bind is not None:
            with acting(By(peer.name, "first contact", peer.id)):
                peers.bind_node_id(db, peer.id, bind)
        if peers.get(db, peer.id) is not None:
            if keep is not None:
                values["state"] = keep(db)
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
    if measured != before or abs((after.clock_skew_us or 0) - (before.clock_skew_us or 0)) >= SECOND:
        return True
    # Our own clock may have been put back.
    return after != before and abs((after.last_contact or 0) - (before.last_contact or 0)) >= FRESH
