"""The links of this node as a round takes them: with their peers, and in the order in which they are planned."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace

from msgspec import structs

from atsn_tui.errors import NotFound
from atsn_tui.model.peer import Link, Peer
from atsn_tui.replication.context import Context
from atsn_tui.replication.remote import RemoteReplica
from atsn_tui.store import groups, links, peers


@dataclass(frozen=True)
class Target:
    """A link of the round, with its peer and its group's present name."""

    link: Link
    peer: Peer
    group: str


def targets_of(db: sqlite3.Connection) -> list[Target]:
    """Every link, by group, pulls before pushes, then in the order in which they were made."""
    found: list[Target] = []
    for link in links.list_links(db):
        peer = peers.get(db, link.peer_id)
        group = groups.get_group(db, link.group_id) if link.group_id else None
        if peer is not None:
            found.append(Target(link, peer, group.name if group else link.group_name))
    found.sort(key=lambda target: (target.group, target.link.direction == "push", target.link.position))
    return found


def chains(targets: Iterable[Target]) -> list[list[Target]]:
    """The links of each group, pulls first. One whose group is not known yet stands alone."""
    found: dict[str, list[Target]] = {}
    for target in sorted(targets, key=lambda target: target.link.direction == "push"):
        found.setdefault(target.link.group_id or target.link.id, []).append(target)
    return list(found.values())


def chain_of(targets: Iterable[Target], link_id: str) -> list[Target]:
    """The links of the group of that link, itself included."""
    return next(chain for chain in chains(targets) if any(each.link.id == link_id for each in chain))


def bound(targets: Iterable[Target], link_id: str) -> tuple[str, ...]:
    """The links that have to be compared together with one: all of its group, if a pull is among them."""
    chain = chain_of(targets, link_id)
    if chain[0].link.direction == "pull":
        return tuple(target.link.id for target in chain)
    return (link_id,)


async def resolved(context: Context, target: Target, far: RemoteReplica) -> Target:
    """The target with its group's id, which a link that names its group only learns from the peer, and keeps.

    NotFound: the peer shows no group of that name.
    """
    link, peer = target.link, target.peer
    if link.group_id is not None:
        return target
    shown = await far.groups()
    ids = [group_id for group_id, name in shown.items() if name == link.group_name]
    if len(ids) != 1:
        names = ", ".join(sorted(shown.values())) or "none"
        raise NotFound(f"{peer.name} shows no group named {link.group_name!r}; it shows: {names}")

    def write(db: sqlite3.Connection) -> str:
        current = links.get(db, link.id)
        if current is None:
            raise NotFound(f"the link to group {link.group_name!r} with {peer.name} was removed")
        if current.group_id is None:
            links.update(db, structs.replace(current, group_id=ids[0]))
        return current.group_id or ids[0]

    group_id = await context.store.write(write)
    return replace(target, link=structs.replace(link, group_id=group_id))
