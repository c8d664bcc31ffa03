"""Rules for the line: what can happen to messages on their way."""

import asyncio
from typing import Any

from atsn_tui.errors import Unreachable
from atsn_tui.replication import messages
from atsn_tui.transport import memory
from atsn_tui.transport.channel import Channel
from tests.replication.world import Rule, Wire


def cut_before(kind: str, times: int = 1) -> Rule:
    """The connection breaks just before a message of that kind is sent."""
    left = times

    async def rule(wire: Wire, sender: str, message: Any) -> Any:
        nonlocal left
        if type(message).__name__ == kind and left:
            left -= 1
            await wire.cut()
        return message

    return rule


def cut_after(kind: str) -> Rule:
    """The connection breaks once the first message of that kind is on its way: its answer is lost."""
    sent_on: list[Wire] = []

    async def rule(wire: Wire, sender: str, message: Any) -> Any:
        if not sent_on and type(message).__name__ == kind and sender == wire.caller:
            sent_on.append(wire)
        elif sent_on == [wire]:
            sent_on.append(wire)
            await wire.cut()
        return message

    return rule


class HeldBack:
    """The first Commit stays in a connection that its sender takes for dead, until it is delivered all the same."""

    def __init__(self) -> None:
        self._channel: Channel | None = None
        self._commit = b""

    async def __call__(self, wire: Wire, sender: str, message: Any) -> Any:
        """The rule."""
        if isinstance(message, messages.Commit) and self._channel is None:
            self._channel, self._commit = wire.channel, messages.encode(message)
            wire.channel = memory.pair()[0]
            raise Unreachable("the connection died")
        return message

    async def deliver(self) -> messages.Reply:
        """Let it arrive; what is answered."""
        assert self._channel is not None
        await self._channel.send(self._commit)
        return messages.decode_reply(await self._channel.receive())


class Gate:
    """Messages of a kind to or from one node wait until the gate is opened."""

    def __init__(self, kind: str, node: str | None = None) -> None:
        self._kind = kind
        self._node = node
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, wire: Wire, sender: str, message: Any) -> Any:
        """The rule."""
        if type(message).__name__ == self._kind and self._node in (None, wire.answerer):
            self.reached.set()
            await self.opened.wait()
        return message


def before(kind: str, action: Any) -> Rule:
    """Do something just before the first message of that kind is sent."""
    done = False

    async def rule(wire: Wire, sender: str, message: Any) -> Any:
        nonlocal done
        if type(message).__name__ == kind and not done:
            done = True
            await action()
        return message

    return rule


def rewrite(kind: str, change: Any) -> Rule:
    """Every message of that kind is sent as `change` makes it."""

    async def rule(wire: Wire, sender: str, message: Any) -> Any:
        return change(message) if type(message).__name__ == kind else message

    return rule
