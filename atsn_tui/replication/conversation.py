"""The asking end: Hello, then one request at a time on a channel."""

import asyncio
import time

from atsn_tui.errors import Unreachable
from atsn_tui.home.ssh_address import is_ssh
from atsn_tui.model.peer import Peer
from atsn_tui.replication import contacts, messages
from atsn_tui.replication.clocks import Reading
from atsn_tui.replication.context import Context
from atsn_tui.replication.hello import Contact, check, own_hello
from atsn_tui.replication.messages import Reply, Request
from atsn_tui.transport.channel import Channel

HELLO_TIMEOUT = 15.0
"""Seconds that a peer has to say Hello."""


class Conversation:
    """A channel to one peer after the Hello."""

    def __init__(self, channel: Channel, peer: Peer, answer_timeout: float) -> None:
        self._channel = channel
        self._peer = peer
        self._timeout = answer_timeout
        self._turn = asyncio.Lock()
        self._ending: asyncio.Task[None] | None = None
        self.clock = Reading(0, 0)
        """The peer's clock at the Hello."""

    @classmethod
    async def begin(cls, context: Context, peer: Peer, channel: Channel) -> "Conversation":
        """Say Hello and check the answer. VersionMismatch, Refused, BadInput or Unreachable."""
        conversation = cls(channel, peer, context.answer_timeout)
        try:
            await conversation._greet(context)
        except BaseException:
            conversation.drop()
            raise
        return conversation

    async def ask(self, request: Request) -> Reply:
        """The answer to a request; what the peer reports as an error is raised as that error."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._timeout):
                    await self._channel.send(messages.encode(request))
                    reply = messages.decode_reply(await self._channel.receive())
            except TimeoutError as error:
                self.drop()
                raise Unreachable(f"{self._peer.name} did not answer within {self._timeout:g} s") from error
            except BaseException:
                # The answer that is still to come belongs to this request and to no later one.
                self.drop()
                raise
        if isinstance(reply, messages.Failed):
            raise messages.raised(reply)
        return reply

    @property
    def closed(self) -> bool:
        """Whether the channel is gone."""
        return self._ending is not None or self._channel.closed

    async def close(self) -> None:
        """End the channel."""
        await asyncio.shield(self.drop())

    def drop(self) -> "asyncio.Task[None]":
        """Close the channel without waiting for it: a peer that hangs must not hold anybody up."""
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._channel.close())
            _endings.add(self._ending)
            self._ending.add_done_callback(_endings.discard)
        return self._ending

    async def _greet(self, context: Context) -> None:
        peer = self._peer
        try:
            async with asyncio.timeout(HELLO_TIMEOUT):
                started = time.monotonic_ns()
                await self._channel.send(messages.encode(own_hello(context)))
                hello = messages.decode_hello(await self._channel.receive())
        except TimeoutError as error:
            raise Unreachable(f"{peer.name} did not say Hello within {HELLO_TIMEOUT:g} s") from error
        latency = (time.monotonic_ns() - started) // 1000
        clock = context.now()
        check(context, hello, peer.name, peer.node_id)
        if peer.address is not None and is_ssh(peer.address):
            # That Hello waited until the program had started there; what is asked now does not.
            started = time.monotonic_ns()
            await self.ask(messages.AskGroups())
            latency = (time.monotonic_ns() - started) // 1000
        skew = hello.clock + latency // 2 - clock
        self.clock = Reading(skew, latency)
        contact = Contact(hello.node_id, hello.name, hello.version, latency, skew)
        await contacts.reached(context, peer, contact)


_endings: "set[asyncio.Task[None]]" = set()
"""Channels that are being closed: the event loop alone does not keep their tasks."""
