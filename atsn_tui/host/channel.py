"""Serving one peer on standard input and output: what the node's own SSH server serves, behind the same checks."""

import asyncio
import ipaddress
import shlex
from collections.abc import Mapping

from atsn_tui.errors import AtsnError, Refused, Unreachable
from atsn_tui.home import keys
from atsn_tui.host.guard import until_less
from atsn_tui.replication import server
from atsn_tui.replication.context import Context
from atsn_tui.store import peers
from atsn_tui.transport.channel import Channel, Identity
from atsn_tui.transport.stdio import stdio_channel

IDLE = 600.0
"""Seconds without a request after which the channel ends: it is a process of its own, and soon there again."""


async def serve_stdio(
    context: Context, name: str, key: str | None, environ: Mapping[str, str], pipes: tuple[int, int]
) -> None:
    """Answer the peer of that name on two descriptors until it closes them or is silent for too long.

    `key` is the fingerprint of the peer's key when its line was written: with another key it is turned away.
    """
    address = _address(environ)
    try:
        public_key = await _key_of(context, name, key, address)
    except AtsnError as error:
        channel = await stdio_channel(Identity("", address or "?"), *pipes)
        await server.turn_away(context, channel, error)
        return
    channel = await stdio_channel(Identity(public_key, address), *pipes)
    serving = asyncio.create_task(server.serve(context, _Impatient(channel)))
    watching = asyncio.create_task(_watch(context, public_key, address))
    try:
        await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (serving, watching):
            task.cancel()
        await asyncio.wait({serving, watching})
    for task in (serving, watching):
        if not task.cancelled():
            task.result()


async def _watch(context: Context, public_key: str, address: str) -> None:
    """Return when the peer was removed or may do less: it is cut off then, in the middle of a request too."""
    peer = await context.store.read(lambda db: peers.by_key(db, public_key))
    if peer is None or not peer.may_come_from(address):
        await asyncio.Event().wait()  # it is told so when it says Hello
        return
    await until_less(context.store, peer, address)


async def _key_of(context: Context, name: str, key: str | None, address: str) -> str:
    if not address:
        raise Refused(
            f"{context.name} cannot tell where {name} comes from, because SSH_CONNECTION is missing: "
            "atsn channel is for sshd to start"
        )
    peer = await context.store.read(lambda db: peers.by_name(db, name))
    if peer is None:
        raise Refused(f"{context.name} knows no peer {name}, for whom this key was let in")
    if key is not None and keys.fingerprint(peer.public_key) != key:
        raise Refused(
            f"{context.name} knows {name} by another key than the one let in here; "
            f"to let in the new one, run on {context.name}: atsn peer authorize {shlex.quote(name)}"
        )
    return peer.public_key


def _address(environ: Mapping[str, str]) -> str:
    """The address that the peer's connection came from, as sshd tells it; empty if it does not."""
    words = environ.get("SSH_CONNECTION", "").split()
    try:
        return str(ipaddress.ip_address(words[0].partition("%")[0]))
    except (IndexError, ValueError):
        return ""


class _Impatient:
    """A channel that ends when nothing arrives for a while."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @property
    def identity(self) -> Identity:
        """Who is at the other end."""
        return self._channel.identity

    @property
    def closed(self) -> bool:
        """Whether the channel has ended."""
        return self._channel.closed

    async def send(self, payload: bytes) -> None:
        """Hand one message over."""
        await self._channel.send(payload)

    async def receive(self) -> bytes:
        """The next message; Unreachable if none comes."""
        try:
            async with asyncio.timeout(IDLE):
                return await self._channel.receive()
        except TimeoutError as error:
            raise Unreachable(f"nothing was asked for {IDLE:g} seconds") from error

    async def close(self) -> None:
        """End."""
        await self._channel.close()
