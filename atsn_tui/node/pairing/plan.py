"""What joining would keep here: decided before the other node is asked to accept, so that nothing can fail after."""

import shlex
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from atsn_tui.errors import BadInput, NotFound, Refused
from atsn_tui.model import text
from atsn_tui.model.peer import Direction, Grant, Peer, network_of
from atsn_tui.node.lookup import find_group, find_replicated
from atsn_tui.node.peers.grants import parse_grants
from atsn_tui.replication.pairing.messages import Offer
from atsn_tui.store import peers


@dataclass(frozen=True)
class Plan:
    """The peer as it is to be kept, and the groups to link with it."""

    peer: Peer
    groups: tuple[tuple[str | None, str], ...]
    """Ids, where they are known, and names."""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What the other node may do here."""
        return self.peer.grants


def make_plan(
    db: sqlite3.Connection,
    offer: Offer,
    host_key: str,
    address: str,
    name: str | None,
    grants: Sequence[str],
    groups: Sequence[str],
    networks: tuple[str, ...],
    link: Direction | None,
) -> Plan:
    """What to keep if the other node accepts. BadInput or Refused if that would not work here."""
    known = peers.by_key(db, offer.client_key)
    called = name or (known.name if known else offer.name)
    _check_free(db, offer, called)
    about = _groups(db, groups, offer)
    may = narrowed(parse_grants(db, _by_id(grants, offer)), [each for each, _ in about if each])
    if link is not None:
        _check_link(db, offer, about, link)
    peer = Peer(
        id=known.id if known else text.new_id(),
        name=called,
        public_key=offer.client_key,
        address=address,
        host_key=host_key,
        grants=may or (known.grants if known else ()),
        allow_from=networks or (known.allow_from if known else ()),
        node_id=offer.node_id,
    )
    return Plan(peer, about)


def keep(db: sqlite3.Connection, plan: Plan, now: int) -> Peer:
    """Keep the peer, new or not; `now` in µs."""
    (peers.update if peers.get(db, plan.peer.id) else peers.add)(db, plan.peer)
    peers.met(db, plan.peer.id, now)
    return plan.peer


def narrowed(grants: Iterable[Grant], group_ids: Sequence[str]) -> tuple[Grant, ...]:
    """Grants for all groups, made grants for those groups; where there are none, as they are."""
    if not group_ids:
        return tuple(grants)
    return tuple(
        dict.fromkeys(
            each
            for grant in grants
            for each in (
                [grant] if grant.group_id else [replace(grant, group_id=group_id) for group_id in group_ids]
            )
        )
    )


def check_networks(texts: Sequence[str]) -> tuple[str, ...]:
    """Networks from their texts. BadInput if one is none."""
    words = [word.strip() for each in texts for word in each.split(",")]
    networks = tuple(dict.fromkeys(word for word in words if word not in ("", "any", "none")))
    for network in networks:
        try:
            network_of(network)
        except ValueError as error:
            raise BadInput(f"{network!r} is no network: write it as 10.1.0.0/16 or 192.0.2.7") from error
    return networks


def _check_free(db: sqlite3.Connection, offer: Offer, called: str) -> None:
    try:
        text.check_name("the name", called)
    except ValueError as error:
        raise BadInput(f"{error}; choose one with --name NAME") from error
    for other in peers.list_peers(db):
        if other.public_key == offer.client_key:
            if other.node_id not in (None, offer.node_id):
                raise Refused(
                    f"{other.name} is another node than before; if it was set up anew, remove it here first: "
                    f"atsn peer rm {shlex.quote(other.name)}"
                )
            continue
        if other.name == called:
            raise BadInput(
                f"there is another peer named {called!r} here already: choose a name with --name NAME"
            )
        if other.node_id == offer.node_id:
            raise BadInput(
                f"that node is known here as {other.name!r}, with another key; if it was set up anew, remove it first: "
                f"atsn peer rm {shlex.quote(other.name)}"
            )


def _groups(
    db: sqlite3.Connection, groups: Sequence[str], offer: Offer
) -> tuple[tuple[str | None, str], ...]:
    """Ids and names of the groups that are meant; by default those of the invite."""
    if not groups:
        return offer.groups
    offered = {each: (group_id, name) for group_id, name in offer.groups for each in (group_id, name)}
    return tuple(offered.get(group) or _here(db, group) for group in groups)


def _here(db: sqlite3.Connection, group: str) -> tuple[str | None, str]:
    try:
        row = find_group(db, group)
    except NotFound:
        return None, group
    return row.id, row.name


def _by_id(grants: Sequence[str], offer: Offer) -> list[str]:
    """Grants in which the names of offered groups are their ids: those groups may not be here yet."""
    ids = {name: group_id for group_id, name in offer.groups}
    words = [word.strip() for each in grants for word in each.split(",")]
    return [
        f"{access}:{ids[group]}" if group in ids else word
        for word in words
        for access, _, group in [word.partition(":")]
    ]


def _check_link(
    db: sqlite3.Connection, offer: Offer, about: Sequence[tuple[str | None, str]], link: Direction
) -> None:
    if not about:
        raise BadInput(
            f"--{link} needs to know what to link, for the invite names no group: add --group GROUP"
        )
    for group_id, name in about:
        if not any(grant.access == link and grant.group_id in (None, group_id) for grant in offer.grants):
            raise Refused(
                f"{offer.name} does not let you {link} {name!r}; ask for an invite that does, made there with: "
                f"atsn peer invite --group {shlex.quote(name)} --grant {link}"
            )
        if link == "push":
            find_replicated(db, name)
