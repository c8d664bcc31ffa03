"""The peers of a node."""

import sqlite3
from collections.abc import Sequence

from msgspec.structs import replace

from atsn_tui.errors import BadInput
from atsn_tui.home import locks
from atsn_tui.home.config import load
from atsn_tui.home.keys import check_public_key, public_line
from atsn_tui.home.ssh_address import check_address, is_ssh
from atsn_tui.model import text
from atsn_tui.model.peer import Peer
from atsn_tui.node.core import Core
from atsn_tui.node.links.links import all_links
from atsn_tui.node.lookup import find_peer
from atsn_tui.node.peers.authorize import Request, authorize, outdated
from atsn_tui.node.peers.grants import parse_grants
from atsn_tui.node.peers.standing import peer_access, peer_view, refusal_view
from atsn_tui.node.peers.views import (
    AccessView,
    AuthorizationView,
    PeerTest,
    PeerView,
)
from atsn_tui.node.views import LinkView
from atsn_tui.store import groups, invites, peers, refusals

Removed = list[LinkView]
"""The links that went with a peer."""


class Peers:
    """Ask for peers and change them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(self) -> "list[PeerView]":
        """All peers, by name."""
        return await self._core.store.read(lambda db: [peer_view(db, peer) for peer in peers.list_peers(db)])

    async def get(self, name: str) -> PeerView:
        """The peer of that name."""
        return await self._core.store.read(lambda db: peer_view(db, find_peer(db, name)))

    async def access(self) -> AccessView:
        """Who may do what here, and whom this node said no to."""
        # What holds is what the file says now; a service that runs follows it.
        config = load(self._core.home.config_file)
        running, now = locks.held(self._core.home.service_lock), self._core.now()

        def read(db: sqlite3.Connection) -> AccessView:
            names = {row.id: row.name for row in groups.list_groups(db)}
            return AccessView(
                name=config.name,
                connect=config.connect,
                listen=config.listen,
                service="running" if running else "stopped",
                peers=tuple(peer_access(db, peer, names) for peer in peers.list_peers(db)),
                strangers=refusal_view(refusals.get(db, refusals.STRANGERS)),
                open_invites=sum(
                    invite.use is None and invite.until > now for invite in invites.list_invites(db)
                ),
            )

        return await self._core.store.read(read)

    async def add(
        self,
        name: str,
        key: str,
        address: str | None = None,
        host_key: str | None = None,
        grants: Sequence[str] = (),
        allow_from: Sequence[str] = (),
    ) -> PeerView:
        """Make another node known here. Without an address it only ever connects to this one."""
        own = check_public_key(key)
        await self._refuse_self(own)

        def write(db: sqlite3.Connection) -> PeerView:
            peer = _checked(
                id=text.new_id(),
                name=name,
                public_key=own,
                address=_address(address),
                host_key=_host_key(address, host_key),
                grants=parse_grants(db, grants),
                allow_from=_networks(allow_from),
            )
            peers.add(db, peer)
            return peer_view(db, peer)

        return await self._core.store.write(write)

    async def change(
        self,
        name: str,
        new_name: str | None = None,
        key: str | None = None,
        address: str | None = None,
        host_key: str | None = None,
        grants: Sequence[str] | None = None,
        allow_from: Sequence[str] | None = None,
    ) -> PeerView:
        """Change what is known of a peer; None leaves a field. An address "none" takes it away."""
        if key is not None:
            await self._refuse_self(check_public_key(key))

        def write(db: sqlite3.Connection) -> PeerView:
            peer = find_peer(db, name)
            values = {
                "name": new_name,
                "public_key": None if key is None else check_public_key(key),
                "address": None if address in (None, "none") else _address(address),
                "host_key": None if host_key is None else check_public_key(host_key),
                "grants": None if grants is None else parse_grants(db, grants),
                "allow_from": None if allow_from is None else _networks(allow_from),
            }
            peer = _replaced(peer, {field: value for field, value in values.items() if value is not None})
            if address == "none":
                peer = replace(peer, address=None, host_key=None)
            if peer.address is not None and peer.host_key is None:
                _host_key(peer.address, None)
            if key is not None:
                peer = replace(peer, node_id=None)
            peers.update(db, peer)
            if any(each is not None for each in (key, address, host_key)):
                # What went wrong was said of another place or key.
                state = replace(peers.get_state(db, peer.id), state="unknown", last_error=None)
                peers.set_state(db, peer.id, state)
            return peer_view(db, peer)

        return await self._core.store.write(write)

    async def remove(self, name: str) -> Removed:
        """Forget a peer, with the links to it, which are returned."""

        def write(db: sqlite3.Connection) -> Removed:
            peer = find_peer(db, name)
            removed = [link for link in all_links(db) if link.peer == peer.name]
            peers.remove(db, peer.id)
            return removed

        return await self._core.store.write(write)

    async def test(self, name: str) -> PeerTest:
        """Connect to a peer and say, step by step, what works and what does not."""
        from atsn_tui.node.peers.trial import try_connection

        return await try_connection(self._core, await self._core.store.read(lambda db: find_peer(db, name)))

    async def authorize(self, name: str, request: Request) -> AuthorizationView:
        """Let a peer in by the sshd that is there: put its line into an authorized_keys file, or take it out."""
        return await authorize(self._core, name, request)

    def outdated(self, name: str, now: PeerView | None) -> str | None:
        """What to do about the line that lets in the peer once named so, if it no longer says what is so now."""
        found = outdated(self._core, name, now)
        return None if found is None else str(found)

    async def _refuse_self(self, key: str) -> None:
        if check_public_key(public_line(self._core.home.client_key)) == key:
            raise BadInput(
                "that is this node's own key: take the one that atsn identity shows on the other machine"
            )


def _checked(**values: object) -> Peer:
    try:
        return Peer(**values)  # type: ignore[arg-type]
    except ValueError as error:
        raise BadInput(str(error)) from error


def _replaced(peer: Peer, values: dict[str, object]) -> Peer:
    try:
        return replace(peer, **values)
    except ValueError as error:
        raise BadInput(str(error)) from error


def _address(address: str | None) -> str | None:
    return None if address is None else check_address(address)


def _host_key(address: str | None, host_key: str | None) -> str | None:
    if host_key is not None:
        return check_public_key(host_key)
    if address is not None and not is_ssh(address):
        raise BadInput(
            "an address needs the peer's host key, so that nobody can stand in between; "
            "`atsn identity` on the peer shows it: --host-key KEY"
        )
    return None


def _networks(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        word.strip() for each in texts for word in each.split(",") if word.strip() not in ("", "any")
    )
