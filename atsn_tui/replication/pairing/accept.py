"""What the inviting node decides, in the transaction that it is decided in."""

import hmac
import ipaddress
import shlex
import sqlite3
from dataclasses import dataclass

from msgspec.structs import replace

from atsn_tui.errors import AtsnError, BadInput, Refused
from atsn_tui.home.address import Address, parse_address
from atsn_tui.home.keys import check_public_key
from atsn_tui.model import text
from atsn_tui.model.peer import Grant, Link, Peer, comes_from
from atsn_tui.replication.pairing.line import hashed
from atsn_tui.replication.pairing.messages import Join, Joined, Look
from atsn_tui.store import invites, links, node, peers
from atsn_tui.store.acting import By, acting
from atsn_tui.store.invites import Invite, Use

MOST_WRONG = 10
"""So many wrong secrets close an invite: its id is known to somebody who was not given the line."""
MOST_GRANTS = 1000

_NEW_LINE = "ask for a new line, which is made there with: atsn peer invite"
_INVALID = f"is not valid: it was withdrawn, has ended long ago, or was never made; {_NEW_LINE}"


class WrongInvite(Refused):
    """No such invite, or another secret: whoever comes with that is guessing."""


@dataclass(frozen=True)
class Guest:
    """Who came with an invite."""

    key: str
    """As proven at the SSH login."""
    address: str
    """The IP address that it came from."""
    node_id: str
    """As it says, like its name."""
    name: str


def find(db: sqlite3.Connection, asked: Look | Join, guest: Guest, now: int) -> Invite | AtsnError:
    """The invite, if the guest may use it; else what it is to be told. A wrong secret is counted.

    An error is returned, not raised, because the count is to be kept.
    """
    invite = invites.get(db, asked.invite)
    known = hashed(b"") if invite is None else invite.secret
    right = hmac.compare_digest(hashed(asked.secret), known)
    if invite is None or invite.wrong >= MOST_WRONG:
        return WrongInvite(f"the invite {_INVALID}")
    if not right:
        invites.change(db, replace(invite, wrong=invite.wrong + 1))
        return WrongInvite(f"the invite {_INVALID}")
    if invite.until <= now:
        return Refused(f"the invite has expired; {_NEW_LINE}")
    if invite.use is not None and invite.use.key != guest.key:
        return Refused(f"the invite was used by another node already; {_NEW_LINE}")
    if not comes_from(invite.allow_from, guest.address):
        allowed = ", ".join(invite.allow_from)
        return Refused(f"the invite is only for nodes from {allowed}, and you come from {guest.address}")
    if guest.node_id == node.node_id(db):
        return Refused("this is the node that made the invite: join on the other machine")
    return invite


def called(db: sqlite3.Connection, invite: Invite, guest: Guest) -> str:
    """What the guest is, or is going to be, called here. Refused if that or its node is another peer's."""
    known = peers.by_key(db, guest.key)
    if known is not None and known.node_id not in (None, guest.node_id):
        raise Refused(
            f"your node's key is known there as that of another node; to begin anew, "
            f"run there, and invite again: atsn peer rm {shlex.quote(known.name)}"
        )
    name = invite.name or (known.name if known else guest.name)
    try:
        text.check_name("the name", name)
    except ValueError as error:
        raise BadInput(f"{error}; choose one with: atsn peer invite NAME") from error
    for other in peers.list_peers(db):
        if other.public_key == guest.key:
            continue
        if other.name == name:
            raise Refused(
                f"another node is known as {name!r} there already: if it is that one, set up anew, remove it there "
                f"first; else choose another name there with: atsn peer invite NAME"
            )
        if other.node_id == guest.node_id:
            raise Refused(
                f"your node is known there as {other.name!r} already, with another key; if it was set up anew, "
                f"run there, and invite again: atsn peer rm {shlex.quote(other.name)}"
            )
    return name


def accept(db: sqlite3.Connection, invite: Invite, join: Join, guest: Guest, now: int) -> Joined:
    """Make the guest known and use the invite up; the same guest may come again and is told the same."""
    if len(join.grants) > MOST_GRANTS:
        raise BadInput(f"{len(join.grants)} grants are too many: at most {MOST_GRANTS} can be")
    name, address = called(db, invite, guest), reachable(join.listen, guest.address)
    known = peers.by_key(db, guest.key)
    if invite.use is not None:
        if known is None:
            raise Refused(f"your node joined with this invite, and was removed there since; {_NEW_LINE}")
        # What was decided about the peer since stays: an old line gives nothing back.
        return Joined(known.name, known.address, known.grants, known.allow_from, ())
    peer = Peer(
        id=known.id if known else text.new_id(),
        name=name,
        public_key=guest.key,
        address=address or (known.address if known else None),
        host_key=check_public_key(join.host_key) if address else (known.host_key if known else None),
        grants=invite.grants or (known.grants if known else ()),
        allow_from=invite.allow_from or (known.allow_from if known else ()),
        node_id=guest.node_id,
    )
    use = Use(key=guest.key, peer_id=peer.id, address=guest.address, at=now, allows=join.grants)
    with acting(By(name, guest.address, peer.id)):
        (peers.update if known else peers.add)(db, peer)
        peers.met(db, peer.id, now)
        invites.change(db, replace(invite, use=use))
        notes = _link(db, invite, peer, join.grants)
    return Joined(name, peer.address, peer.grants, peer.allow_from, notes)


def reachable(listen: str | None, seen: str) -> str | None:
    """Where a node that listens there, and was seen at that IP address, can be connected to; None: nowhere."""
    if listen is None:
        return None
    address = parse_address(listen, listening=True)
    if address.port == 0:
        return None
    try:
        ip = ipaddress.ip_address(address.host or "0.0.0.0")  # noqa: S104  # means: everywhere
    except ValueError:
        return str(address)
    if ip.is_unspecified:
        mapped = getattr(ipaddress.ip_address(seen), "ipv4_mapped", None)
        return str(Address(str(mapped or seen), address.port))
    if ip.is_loopback and not ipaddress.ip_address(seen).is_loopback:
        return None
    return str(address)


def _link(db: sqlite3.Connection, invite: Invite, peer: Peer, allowed: tuple[Grant, ...]) -> tuple[str, ...]:
    """Link the groups of the invite with the new peer; what to tell of that."""
    wish, notes = invite.link, []
    if wish is None:
        return ()
    for group_id, name in invite.groups:
        if peer.address is None:
            notes.append(f"{name} could not be linked there: your node listens on no address")
            continue
        others = links.list_links(db)
        if any((link.peer_id, link.group_id) == (peer.id, group_id) for link in others):
            notes.append(f"{name} is linked with your node there already")
            continue
        links.add(
            db,
            Link(
                id=text.new_id(),
                group_id=group_id,
                group_name=name,
                peer_id=peer.id,
                direction=wish.direction,
                mode=wish.mode,
                schedule=wish.schedule,
                position=links.next_position(others),
            ),
        )
        if not any(
            grant.access == wish.direction and grant.group_id in (None, group_id) for grant in allowed
        ):
            notes.append(f"{name} is linked there to {wish.direction}, which your node does not allow yet")
    return tuple(notes)
