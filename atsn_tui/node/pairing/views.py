"""What a node answers about invites."""

from typing import Literal

from msgspec import Struct

from atsn_tui.model.peer import Direction
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.views import LinkView

InviteState = Literal["open", "used", "expired", "closed"]


class InviteView(Struct, frozen=True, kw_only=True):
    """An invite. Its secret is known only in its line, which is told once."""

    id: str
    state: InviteState
    """`closed`: wrong secrets were tried with it too often."""
    name: str | None
    grants: tuple[str, ...]
    groups: tuple[str, ...]
    """The names of the groups that it is about."""
    allow_from: tuple[str, ...]
    link: Direction | None
    who: str
    made_at: str
    expires_at: str
    used_at: str | None = None
    used_by: str | None = None
    """What the peer that joined is called here; None if nobody joined, or it was removed since."""
    used_from: str | None = None
    used_at_address: str | None = None
    """Where this node connects to that peer; None: it only connects to us."""
    allows_us: tuple[str, ...] = ()
    """What that peer allows this node there."""


class NewInvite(Struct, frozen=True, kw_only=True):
    """An invite that was just made, with its line."""

    invite: InviteView
    line: str
    command: str
    """What to type on the other machine."""
    addresses: tuple[str, ...]
    fingerprint: str
    """That of this node's host key."""
    warnings: tuple[str, ...]
    """What keeps the other node from joining just now."""


class OfferView(Struct, frozen=True, kw_only=True):
    """What an invite that somebody gave us is about."""

    name: str
    node_id: str
    address: str
    fingerprint: str
    called: str
    """What this node would be called there."""
    grants: tuple[str, ...]
    allow_from: tuple[str, ...]
    groups: tuple[str, ...]
    link: Direction | None
    """How the other node is going to link those groups, seen from there."""
    expires_at: str
    known_as: str | None = None
    """The name under which we know it already."""


class JoinView(Struct, frozen=True, kw_only=True):
    """Who was joined, and what each side now allows."""

    peer: PeerView
    """The other node, as it is known here now."""
    peer_may: tuple[str, ...]
    """What it may do here, groups by name."""
    called: str
    """What this node is called there."""
    address: str | None
    """Where the other node will connect to; None: it waits for us."""
    allows_us: tuple[str, ...]
    from_: tuple[str, ...]
    """The networks that it lets this node come from."""
    links: tuple[LinkView, ...]
    notes: tuple[str, ...]
