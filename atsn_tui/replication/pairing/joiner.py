"""The joining end: look at what an invite gives, then take it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from atsn_tui.errors import BadInput, Unreachable, VersionMismatch
from atsn_tui.home.keys import check_public_key
from atsn_tui.model.peer import Grant
from atsn_tui.model.version import PROTOCOL, VERSION
from atsn_tui.replication import messages as frames
from atsn_tui.replication.context import Context
from atsn_tui.replication.hello import mismatch, own_hello
from atsn_tui.replication.pairing.line import InviteLine
from atsn_tui.replication.pairing.messages import Join, Joined, Look, Offer, decode_answer
from atsn_tui.replication.plausible import check_uuid
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.joining import joining

STEP_TIMEOUT = 15.0
"""Seconds that the other side has for each of its answers."""


class Visit:
    """A node that invited us, connected to."""

    def __init__(self, line: InviteLine, address: str, channel: Channel) -> None:
        self._line = line
        self._channel = channel
        self.address = address
        """Where it answered."""

    async def look(self) -> Offer:
        """Who it is and what it gives us. Refused or BadInput say why there is nothing to be had."""
        answer = await self._ask(Look(self._line.invite, self._line.secret))
        if not isinstance(answer, Offer):
            raise BadInput(f"{self.address} answered something else than it was asked")
        check_uuid(f"the node id of {self.address}", answer.node_id)
        check_public_key(answer.client_key)
        return answer

    async def join(self, host_key: str, listen: str | None, grants: tuple[Grant, ...]) -> Joined:
        """Make us known there. If the answer is lost, the same line can be used again."""
        line = self._line
        answer = await self._ask(Join(line.invite, line.secret, host_key, listen, grants))
        if not isinstance(answer, Joined):
            raise BadInput(f"{self.address} answered something else than it was asked")
        return answer

    async def greet(self, context: Context) -> None:
        """Say Hello. VersionMismatch if the versions differ; nothing secret has been sent then."""
        await self._channel.send(frames.encode(own_hello(context)))
        hello = frames.decode_hello(await self._receive())
        if (hello.version, hello.atsn) != (VERSION, PROTOCOL):
            raise VersionMismatch(mismatch(context, hello, self.address))
        if hello.error:
            failed = frames.Failed(hello.error.get("code", ""), hello.error.get("message", ""))
            raise frames.raised(failed)

    async def _ask(self, question: Look | Join) -> Offer | Joined:
        await self._channel.send(frames.encode(question))
        answer = decode_answer(await self._receive())
        if isinstance(answer, frames.Failed):
            error = frames.raised(answer)
            raise type(error)(f"{self.address} says: {error.message}")
        return answer

    async def _receive(self) -> bytes:
        try:
            async with asyncio.timeout(STEP_TIMEOUT):
                return await self._channel.receive()
        except TimeoutError as error:
            raise Unreachable(f"{self.address} did not answer within {STEP_TIMEOUT:g} s") from error


@asynccontextmanager
async def visit(
    context: Context, line: InviteLine, client_key_path: Path, timeout: float
) -> AsyncIterator[Visit]:
    """Connect to the node that made the line. Unreachable, Refused, or VersionMismatch."""
    async with joining(line.addresses, line.host_key, client_key_path, timeout) as (address, channel):
        there = Visit(line, address, channel)
        await there.greet(context)
        yield there
