"""The temporary place of the demo: three homes, three services, and nothing left of them at the end."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from atsn_tui.cli.demo.process import Service
from atsn_tui.home.home import Home
from atsn_tui.node.actor import Actor
from atsn_tui.node.node import Node
from atsn_tui.node.views import IdentityView

NAMES = ("hq", "web1", "web2")

_MAX_DIRECTORY = 70
"""The longest path of a temporary directory that can hold the demo's."""


class Place:
    """Where the demo's nodes live."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identities: dict[str, IdentityView] = {}
        self.services = {name: Service(self.home(name)) for name in NAMES}

    def home(self, name: str) -> Path:
        """The home directory of a node."""
        return self.path / name

    @asynccontextmanager
    async def node(self, name: str) -> AsyncIterator[Node]:
        """A node, open."""
        async with Node.open(home=Home(self.home(name)), actor=Actor.of(os.environ, "demo")) as node:
            yield node

    async def make_nodes(self) -> None:
        """Make the three nodes, each on a free port of this machine's own network."""
        for name, port in zip(NAMES, free_ports(len(NAMES)), strict=True):
            self.identities[name] = await Node.init(Home(self.home(name)), name, f"127.0.0.1:{port}")

    async def start(self) -> None:
        """Start the three services."""
        await asyncio.gather(*(service.start() for service in self.services.values()))

    async def stop(self) -> None:
        """Stop the services, all at once."""
        await asyncio.gather(*(service.stop() for service in self.services.values()))


@asynccontextmanager
async def temporary_place() -> AsyncIterator[Place]:
    """A place that is gone when the block ends, however it ends."""
    # A socket lies in each home, and its path must be short.
    directory = None if len(tempfile.gettempdir()) <= _MAX_DIRECTORY else "/tmp"  # noqa: S108
    path = Path(tempfile.mkdtemp(prefix="atsn-demo-", dir=directory))
    place = Place(path)
    try:
        yield place
    finally:
        try:
            await asyncio.shield(place.stop())
        finally:
            shutil.rmtree(path, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now, at 127.0.0.1."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
