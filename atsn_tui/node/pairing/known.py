"""The invites that this node knows, as front ends see them."""

import sqlite3

from atsn_tui.errors import Ambiguous, NotFound
from atsn_tui.model import dates
from atsn_tui.node.pairing.views import InviteState, InviteView
from atsn_tui.node.peers.grants import grant_names
from atsn_tui.replication.pairing.accept import MOST_WRONG
from atsn_tui.store import groups as groups_
from atsn_tui.store import invites, peers
from atsn_tui.store.invites import Invite


def invite_view(db: sqlite3.Connection, invite: Invite, now: int) -> InviteView:
    """An invite as front ends see it."""
    use = invite.use
    peer = None if use is None else peers.get(db, use.peer_id)
    return InviteView(
        id=invite.id,
        state=_state(invite, now),
        name=invite.name,
        grants=grant_names(invite.grants, _group_names(db, invite)),
        groups=tuple(name for _, name in invite.groups),
        allow_from=invite.allow_from,
        link=invite.link.direction if invite.link else None,
        who=invite.who,
        made_at=dates.format_date(invite.made),
        expires_at=dates.format_date(invite.until),
        used_at=None if use is None else dates.format_date(use.at),
        used_by=None if peer is None else peer.name,
        used_from=None if use is None else use.address,
        used_at_address=None if peer is None else peer.address,
        allows_us=() if use is None else grant_names(use.allows, _group_names(db, invite)),
    )


def _group_names(db: sqlite3.Connection, invite: Invite) -> "list[tuple[str, str]]":
    return [*invite.groups, *((row.id, row.name) for row in groups_.list_groups(db))]


def _state(invite: Invite, now: int) -> InviteState:
    if invite.use is not None:
        return "used"
    if invite.until <= now:
        return "expired"
    return "closed" if invite.wrong >= MOST_WRONG else "open"


def find_invite(db: sqlite3.Connection, which: str) -> Invite:
    """The invite whose id begins with `which`. NotFound or Ambiguous."""
    found = [invite for invite in invites.list_invites(db) if which and invite.id.startswith(which)]
    if len(found) > 1:
        raise Ambiguous(f"several invites begin with {which}: {', '.join(invite.id for invite in found)}")
    if not found:
        raise NotFound(f"there is no invite {which!r}: those there are, shows atsn peer invite --list")
    return found[0]
