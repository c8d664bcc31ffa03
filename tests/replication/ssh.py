"""The same world over real SSH connections on this machine."""

import asyncio
from functools import partial
from typing import Any

from atsn_tui.home import keys
from atsn_tui.home.home import Home
from atsn_tui.model.text import new_id
from atsn_tui.replication import server
from atsn_tui.store import Store, peers
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.client import Pool
from atsn_tui.transport.dial import Endpoint
from atsn_tui.transport.server import Server
from tests.replication.world import Host, Wire, World


class RecordingPool:
    """A real pool whose channels are on record."""

    def __init__(self, world: World, caller: str, pool: Pool) -> None:
        self._world = world
        self._caller = caller
        self._pool = pool

    async def channel(self, endpoint: Endpoint) -> Channel:
        """A new channel to the peer."""
        channel = await self._pool.channel(endpoint)
        return Wire(channel, self._world.line, self._caller, endpoint.name)

    async def drop(self, name: str) -> None:
        """Close the connections to that peer."""
        await self._pool.drop(name)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()


class SshWorld(World):
    """Nodes with keys and servers of their own."""

    def __init__(self, path: Any) -> None:
        super().__init__(path)
        self._servers: dict[str, Server] = {}
        self._homes: dict[str, Home] = {}

    def pool(self, caller: Host) -> Any:
        """Real connections."""
        return RecordingPool(self, caller.name, Pool(self._homes[caller.name].client_key))

    async def host(self, name: str, **fields: Any) -> Host:
        """A new node that listens on a free port."""
        home = self._homes[name] = Home(self.path / name)
        with home.create(name) as draft:
            await (await Store.create(draft, new_id())).close()
        host = self.add(
            Host(
                self,
                name,
                await Store.open(home),
                key=keys.public_line(home.client_key),
                host_key=keys.public_line(home.host_key),
                **fields,
            )
        )
        await self.listen(host)
        return host

    async def listen(self, host: Host) -> None:
        """Let a host be reached, at the address it had if it had one."""

        async def authorize(key: str, address: str) -> bool:
            return await host.store.read(lambda db: peers.by_key(db, key)) is not None

        wanted = host.address if host.name in self._servers else "127.0.0.1:0"
        home = self._homes[host.name]
        self._servers[host.name] = await Server.start(
            wanted, home.host_key, authorize, partial(server.serve, host.context)
        )
        host.address = str(self._servers[host.name].address)

    async def stop(self, host: Host) -> None:
        """Let a host be reached no more."""
        await self._servers[host.name].close()

    def connected(self, host: Host) -> int:
        """How many connections there are to a host."""
        return len(self._servers[host.name]._table._connections)

    async def close(self) -> None:
        """End everything."""
        for host in self.hosts.values():
            await host.connections.close()
        await asyncio.gather(*(server_.close() for server_ in self._servers.values()))
        await super().close()
