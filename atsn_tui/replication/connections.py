"""Open conversations with peers, kept for as long as their owner lives: a service, a console or one command."""

import asyncio
import shlex
import sqlite3
import time
from dataclasses import dataclass, field
from typing import Protocol

from atsn_tui.errors import AtsnError, Refused
from atsn_tui.home.ssh_address import is_ssh
from atsn_tui.model.peer import Peer
from atsn_tui.replication import contacts
from atsn_tui.replication.context import Context
from atsn_tui.replication.conversation import Conversation
from atsn_tui.replication.remote import RemoteReplica
from atsn_tui.store import peers
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.dial import Endpoint

RENEW = 300.0
"""Seconds after which a conversation is begun anew when it is next used: only a Hello tells the other clock."""


class Pool(Protocol):
    """Whatever opens channels: connections over SSH, or their twin in memory."""

    async def channel(self, endpoint: Endpoint) -> Channel:
        """A new channel to the peer. Unreachable or Refused."""
        ...

    async def drop(self, name: str) -> None:
        """Close the connections to the peer of that name, if there are any, with all their channels."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


@dataclass
class _Place:
    """One conversation, with where it leads to."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    endpoint: Endpoint | None = None
    conversation: Conversation | None = None
    begun: float = 0.0
    """When that was, in seconds of a clock that nobody sets."""

    def leave(self) -> None:
        """End the conversation, if there is one."""
        if self.conversation is not None:
            self.conversation.drop()
            self.conversation = None


class Connections:
    """One conversation for each peer and purpose, opened when needed and reused while it lasts."""

    def __init__(self, context: Context, pool: Pool) -> None:
        self._context = context
        self._pool = pool
        self._places: dict[tuple[str, str], _Place] = {}

    async def replica(self, peer: Peer, purpose: str) -> RemoteReplica:
        """The far side, with a channel of its own for each `purpose` (a link's id, usually).

        Unreachable, Refused, BadInput or VersionMismatch; what happened is remembered with the peer.
        """
        place = self._places.setdefault((peer.id, purpose), _Place())
        async with place.lock:
            await self._check_unchanged(peer)
            try:
                conversation = await self._conversation(peer, place)
            except AtsnError as error:
                await contacts.lost(self._context, peer, error)
                raise
            finally:
                dropped = self._places.get((peer.id, purpose)) is not place
                if dropped:
                    # What has been opened since then is nobody's.
                    place.leave()
                    await self._pool.drop(peer.name)
        if dropped:
            raise _changed(peer)
        return RemoteReplica(self._context, peer, conversation)

    async def drop(self, peer: Peer) -> None:
        """End every conversation with a peer and the connections to it, in the middle of a request too."""
        for key in [key for key in self._places if key[0] == peer.id]:
            self._places.pop(key).leave()
        await self._pool.drop(peer.name)

    async def close(self) -> None:
        """End every conversation and connection."""
        open_ = [place.conversation for place in self._places.values() if place.conversation is not None]
        self._places.clear()
        await asyncio.gather(*(conversation.close() for conversation in open_))
        await self._pool.close()

    async def _conversation(self, peer: Peer, place: _Place) -> Conversation:
        """The one of that place, begun anew where it is gone, too old or leads elsewhere."""
        endpoint, kept = self._endpoint(peer), place.conversation
        if kept is not None:
            old = time.monotonic() - place.begun > RENEW
            if not (kept.closed or old or place.endpoint != endpoint):
                return kept
            place.leave()
        channel = await self._pool.channel(endpoint)
        place.conversation = await Conversation.begin(self._context, peer, channel)
        place.endpoint = endpoint
        place.begun = time.monotonic()
        return place.conversation

    async def _check_unchanged(self, peer: Peer) -> None:
        """Whoever still holds a peer that was removed or changed must not connect to it again."""

        def read(db: sqlite3.Connection) -> Peer | None:
            return peers.get(db, peer.id)

        current = await self._context.store.read(read)
        if current is None or current.route != peer.route:
            raise _changed(peer)

    def _endpoint(self, peer: Peer) -> Endpoint:
        if not self._context.connect:
            raise Refused(
                f"{self._context.name} connects to nobody, it only waits for its peers; "
                "to change that, set in its config.toml: connect = true"
            )
        if peer.address is None or (peer.host_key is None and not is_ssh(peer.address)):
            raise Refused(
                f"{peer.name} has no address here, it only connects to us; "
                f"to connect to it: atsn peer set {shlex.quote(peer.name)} --address HOST:PORT --host-key KEY"
            )
        return Endpoint(peer.name, peer.address, peer.host_key)


def _changed(peer: Peer) -> Refused:
    return Refused(f"{peer.name} was removed here, or is reached in another way since: look again")
