"""A real server, a real client and raw sockets, all on 127.0.0.1."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from atsn_tui.errors import Unreachable
from atsn_tui.home import keys
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.client import Pool
from atsn_tui.transport.dial import Endpoint
from atsn_tui.transport.limits import Limits
from atsn_tui.transport.server import Server


@dataclass
class Site:
    """A server that knows one client key, notes who asked for entry and hands out the channels it gets."""

    path: Path
    host_key: str
    client_key: str
    server: Server
    known: set[str]
    asked: list[tuple[str, str]] = field(default_factory=list)
    channels: "asyncio.Queue[Channel]" = field(default_factory=asyncio.Queue)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("web1", str(self.server.address), self.host_key)

    def pool(self, **arguments: object) -> Pool:
        return Pool(self.path / "client_key", node_name="hq", **arguments)  # type: ignore[arg-type]

    def stranger(self) -> Pool:
        """A pool with a key that the server does not know."""
        keys.make(self.path / "other_key")
        return Pool(self.path / "other_key", node_name="hq")


async def echo(channel: Channel) -> None:
    """Send everything back."""
    while True:
        await channel.send(await channel.receive())


@asynccontextmanager
async def site(
    path: Path,
    limits: Limits | None = None,
    serve: Callable[[Channel], Awaitable[None]] | None = None,
    listen: str = "127.0.0.1:0",
) -> AsyncIterator[Site]:
    host_key, client_key = keys.make(path / "host_key"), keys.make(path / "client_key")
    made: Site

    async def authorize(key: str, address: str) -> bool:
        made.asked.append((key, address))
        return key in made.known

    async def hand_out(channel: Channel) -> None:
        made.channels.put_nowait(channel)
        await asyncio.Event().wait()

    server = await Server.start(listen, path / "host_key", authorize, serve or hand_out, limits)
    made = Site(path, host_key, client_key, server, {client_key})
    try:
        yield made
    finally:
        await server.close()


async def ended(channel: Channel) -> str:
    """Wait until the channel ends, and return what it says about that."""
    while True:
        try:
            await channel.receive()
        except Unreachable as error:
            return error.message


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that no event announces."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
