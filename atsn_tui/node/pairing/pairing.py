"""Invites: making, listing and revoking them, and joining with one."""

import asyncio
import sqlite3
from collections.abc import Sequence

from atsn_tui.errors import BadInput
from atsn_tui.home import keys, locks
from atsn_tui.home.address import parse_address
from atsn_tui.model import dates, text
from atsn_tui.model.peer import Direction, Peer
from atsn_tui.model.plan import Mode
from atsn_tui.model.text import printable
from atsn_tui.node.core import Core
from atsn_tui.node.links.links import Links, check_schedule
from atsn_tui.node.lookup import find_replicated
from atsn_tui.node.pairing.known import find_invite, invite_view
from atsn_tui.node.pairing.plan import Plan, check_networks, keep, make_plan, narrowed
from atsn_tui.node.pairing.reach import addresses_of
from atsn_tui.node.pairing.views import InviteView, JoinView, NewInvite, OfferView
from atsn_tui.node.peers.contact import context_of
from atsn_tui.node.peers.grants import grant_names, parse_grants
from atsn_tui.node.peers.standing import peer_view
from atsn_tui.node.runs.until import after
from atsn_tui.node.views import LinkView
from atsn_tui.replication.pairing.joiner import visit
from atsn_tui.replication.pairing.line import InviteLine, hashed, new_line, read, written
from atsn_tui.store import invites, links, peers
from atsn_tui.store.invites import Invite, LinkWish

LONGEST = 7 * 86_400_000_000
"""The longest time for which a line is valid, in µs."""
LOOK = 0.5
"""Seconds between two looks whether an invite was used."""
CONNECT_TIMEOUT = 5
"""Seconds that each address of a line has at most."""


class Pairing:
    """Ask for invites, make them, and use one."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def invite(
        self,
        name: str | None = None,
        *,
        grants: Sequence[str] = (),
        groups: Sequence[str] = (),
        allow_from: Sequence[str] = (),
        valid_for: str = "10m",
        addresses: Sequence[str] = (),
        link: Direction | None = None,
        mode: Mode = "easy",
        schedule: str | None = None,
    ) -> NewInvite:
        """Make an invite, whose line is told this once. BadInput: nobody could use it, or a value makes no sense."""
        core, now = self._core, self._core.now()
        where = self._where(addresses)
        until = after(valid_for, now)
        if until - now > LONGEST:
            raise BadInput(f"{valid_for!r} is too long for an invite: at most 7d")
        if link is not None and not groups:
            raise BadInput(f"--{link} needs to know what to link: add --group GROUP")
        line = new_line(where, keys.public_line(core.home.host_key))
        checked = check_schedule(schedule)
        # Who names a group and nothing else wants it to be read.
        wanted = grants or (("pull",) if groups and link is None else ())

        def write(db: sqlite3.Connection) -> InviteView:
            _check_name(name)
            about = [find_replicated(db, group) for group in groups]
            made = Invite(
                id=line.invite,
                secret=hashed(line.secret),
                name=name,
                grants=narrowed(parse_grants(db, wanted), [row.id for row in about]),
                allow_from=check_networks(allow_from),
                groups=tuple((row.id, row.name) for row in about),
                link=None if link is None else LinkWish(direction=link, mode=mode, schedule=checked),
                who=core.actor.who,
                made=now,
                until=until,
            )
            invites.add(db, made)
            return invite_view(db, made, now)

        view = await core.store.write(write)
        return NewInvite(
            invite=view,
            line=written(line),
            command=f"atsn peer join {written(line)}",
            addresses=line.addresses,
            fingerprint=keys.fingerprint(line.host_key),
            warnings=self._warnings(where),
        )

    async def list(self) -> "list[InviteView]":
        """Invites that are open, and what became of others in the last day."""
        now = self._core.now()
        return await self._core.store.read(
            lambda db: [invite_view(db, invite, now) for invite in invites.list_invites(db)]
        )

    async def get(self, which: str) -> InviteView:
        """The invite whose id begins with `which`."""
        now = self._core.now()
        return await self._core.store.read(lambda db: invite_view(db, find_invite(db, which), now))

    async def revoke(self, which: str) -> InviteView:
        """Let an invite be of no use any more. A peer that has joined with it stays."""
        now = self._core.now()

        def write(db: sqlite3.Connection) -> InviteView:
            invite = find_invite(db, which)
            shown = invite_view(db, invite, now)
            invites.remove(db, invite.id)
            return shown

        return await self._core.store.write(write)

    async def wait(self, which: str) -> InviteView:
        """How an invite ended, as soon as it has. NotFound: it was withdrawn."""
        while (view := await self.get(which)).state == "open":  # noqa: ASYNC110  # another process uses it
            await asyncio.sleep(LOOK)
        return view

    async def look(self, line: str) -> OfferView:
        """What an invite is about. Nothing changes on either side."""
        wanted = self._line(line)
        async with visit(context_of(self._core), wanted, self._core.home.client_key, self._timeout) as there:
            offer = await there.look()
        known = await self._core.store.read(lambda db: peers.by_key(db, offer.client_key))
        return OfferView(
            name=printable(offer.name, text.MAX_NAME),
            node_id=offer.node_id,
            address=there.address,
            fingerprint=keys.fingerprint(wanted.host_key),
            called=printable(offer.called, text.MAX_NAME),
            grants=grant_names(offer.grants, offer.groups),
            allow_from=offer.allow_from,
            groups=tuple(printable(name, text.MAX_NAME) for _, name in offer.groups),
            link=offer.link,
            expires_at=dates.format_date(offer.until),
            known_as=known.name if known else None,
        )

    async def join(
        self,
        line: str,
        name: str | None = None,
        *,
        grants: Sequence[str] = (),
        groups: Sequence[str] = (),
        allow_from: Sequence[str] = (),
        address: str | None = None,
        link: Direction | None = None,
        mode: Mode = "easy",
        schedule: str | None = None,
    ) -> JoinView:
        """Make this node and the one that invited it known to each other.

        `groups` narrows the grants, and says what to link; without it that is what the invite is about. This node
        keeps nothing unless the other one has accepted; if its answer is lost, joining again with the same line ends
        well.
        """
        core, wanted = self._core, self._line(line)
        networks, listen = check_networks(allow_from), self._listen(address)
        check_schedule(schedule)
        async with visit(context_of(core), wanted, core.home.client_key, self._timeout) as there:
            offer = await there.look()
            plan = await core.store.read(
                lambda db: make_plan(
                    db, offer, wanted.host_key, there.address, name, grants, groups, networks, link
                )
            )
            if offer.link is not None and listen is None:
                raise BadInput(
                    f"{plan.peer.name} is to {offer.link} to or from here by itself, but this node listens on no "
                    "address; let it listen first, then use the same line: atsn node set listen=0.0.0.0:8022"
                )
            joined = await there.join(keys.public_line(core.home.host_key), listen, plan.grants)
        peer = await core.store.write(lambda db: keep(db, plan, core.now()))
        made, notes = await self._link(peer, plan, link, mode, schedule)
        view = await core.store.read(lambda db: peer_view(db, peer))
        return JoinView(
            peer=view,
            peer_may=grant_names(peer.grants, [(each or "", group) for each, group in plan.groups]),
            called=printable(joined.called, text.MAX_NAME),
            address=joined.address,
            allows_us=grant_names(joined.grants, offer.groups),
            from_=joined.allow_from,
            links=made,
            notes=(*(printable(note, 300) for note in joined.notes), *notes),
        )

    async def _link(
        self,
        peer: Peer,
        plan: Plan,
        link: Direction | None,
        mode: Mode,
        schedule: str | None,
    ) -> tuple[tuple[LinkView, ...], tuple[str, ...]]:
        if link is None:
            return (), ()
        existing = await self._core.store.read(lambda db: links.list_links(db, peer_id=peer.id))
        made, notes = [], []
        for group_id, group in plan.groups:
            ends = [(each.direction, each.group_id or each.group_name) for each in existing]
            if (link, group_id) in ends or (link, group) in ends:
                notes.append(f"{group} was linked with {peer.name} already")
                continue
            made.append(await Links(self._core).add(group, peer.name, link, mode, schedule))
        return tuple(made), tuple(notes)

    def _line(self, text_: str) -> InviteLine:
        line = read(text_)
        if line.host_key == keys.public_line(self._core.home.host_key):
            raise BadInput("this node made that invite itself: use the line on the other machine")
        return line

    def _where(self, addresses: Sequence[str]) -> tuple[str, ...]:
        listen = self._core.config.listen
        if listen is None:
            raise BadInput(
                f"{self._core.config.name} listens on no address, so nobody can join it; "
                "let it listen first: atsn node set listen=0.0.0.0:8022"
            )
        given = tuple(str(parse_address(each)) for each in addresses)
        return given or addresses_of(listen)

    def _listen(self, address: str | None) -> str | None:
        if address == "none":
            return None
        return str(parse_address(address)) if address else self._core.config.listen

    @property
    def _timeout(self) -> float:
        return min(CONNECT_TIMEOUT, self._core.config.timeouts.connect)

    def _warnings(self, where: Sequence[str]) -> tuple[str, ...]:
        warnings = []
        if not locks.held(self._core.home.service_lock):
            warnings.append(
                "no service runs for this node, so nobody can join it yet; start it with: atsn serve"
            )
        if all(parse_address(each).host in ("127.0.0.1", "::1", "localhost") for each in where):
            warnings.append(
                "this node listens on this machine alone, so only nodes on it can join; "
                "to open it: atsn node set listen=0.0.0.0:8022"
            )
        return tuple(warnings)


def _check_name(name: str | None) -> None:
    try:
        if name is not None:
            text.check_name("peer name", name)
    except ValueError as error:
        raise BadInput(str(error)) from error
