"""What a peer and this node allow each other, as the test of a peer tells it."""

import contextlib
import shlex
import sqlite3
from typing import TYPE_CHECKING

from atsn_tui.errors import AtsnError, Moved, Refused
from atsn_tui.model.peer import Direction, Peer
from atsn_tui.node.core import Core
from atsn_tui.node.peers.grants import grant_names
from atsn_tui.node.peers.views import Step, failed_step
from atsn_tui.store import groups, links

if TYPE_CHECKING:
    from atsn_tui.replication.remote import RemoteReplica

Use = tuple[Direction, str, str | None]
"""Which way a link goes, its group's name, and its id if that is known."""

_NO_DIGEST = bytes(32)


async def allowed_here(core: Core, peer: Peer) -> Step:
    """What the peer may do here."""
    rows = await core.store.read(groups.list_groups)
    granted = ", ".join(grant_names(peer.grants, ((row.id, row.name) for row in rows))) or "nothing"
    networks = ", ".join(peer.allow_from) or "any address"
    return Step(name="grants", ok=True, detail=f"we allow it: {granted}; from {networks}")


async def allowed_there(core: Core, peer: Peer, far: "RemoteReplica") -> list[Step]:
    """Which groups the peer lets us see, and whether it allows what our links with it do."""
    try:
        shown = await far.groups()
        uses = await core.store.read(lambda db: _uses(db, peer))
        return [_seen(core, peer, shown), *[await _used(core, peer, far, shown, use) for use in uses]]
    except AtsnError as error:
        return [failed_step("groups", error)]


def _seen(core: Core, peer: Peer, shown: dict[str, str]) -> Step:
    names = ", ".join(sorted(shown.values()))
    none = (
        f"none that it lets us see, so far; to allow it, run on {peer.name}: "
        f"atsn peer set {shlex.quote(core.config.name)} --grant pull,push"
    )
    return Step(name="groups", ok=True, detail=names or none)


def _uses(db: sqlite3.Connection, peer: Peer) -> list[Use]:
    """What the links with the peer that are switched on want of it, each once."""
    found: dict[Use, None] = {}
    for link in links.list_links(db, peer_id=peer.id):
        row = groups.get_group(db, link.group_id) if link.group_id else None
        if link.enabled:
            found[link.direction, row.name if row else link.group_name, link.group_id] = None
    return sorted(found, key=lambda use: use[:2])


async def _used(core: Core, peer: Peer, far: "RemoteReplica", shown: dict[str, str], use: Use) -> Step:
    direction, group, group_id = use
    name = f"{direction} {group}"
    try:
        if group_id is None:
            group_id = _named(core, peer, shown, use)
        return Step(name=name, ok=True, detail=await _allowed(core, peer, far, (direction, group, group_id)))
    except AtsnError as error:
        return failed_step(name, error)


async def _allowed(core: Core, peer: Peer, far: "RemoteReplica", use: tuple[Direction, str, str]) -> str:
    """That the peer allows a link; Refused, with what to type there, if it does not."""
    direction, group, group_id = use
    row = await core.store.read(lambda db: groups.get_group(db, group_id))
    info = await far.head(group_id, group, direction, row.digest if row else None)
    if info.head is None and direction == "pull":
        raise Refused(f"{peer.name} has no replicated group {group!r}: nothing can be pulled")
    # A head is told for a status grant, too; an outline is not.
    with contextlib.suppress(Moved):
        await far.outline(group_id, info.head.digest if info.head else _NO_DIGEST, direction)
    return "it allows that" if info.head else "it allows that, and has no such group yet"


def _named(core: Core, peer: Peer, shown: dict[str, str], use: Use) -> str:
    """The id of the group that a link knows by its name only."""
    direction, group, _ = use
    for group_id, name in shown.items():
        if name == group:
            return group_id
    raise Refused(
        f"{peer.name} lets us see no group named {group!r}; to allow it, run on {peer.name}: "
        f"atsn peer set {shlex.quote(core.config.name)} --grant {shlex.quote(f'{direction}:{group}')}"
    )
