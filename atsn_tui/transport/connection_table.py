"""Who is connected to our server, from the first packet on: counted, limited, and cut off on demand."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from atsn_tui.errors import AtsnError, Unreachable
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.connection import Connection
from atsn_tui.transport.door import Door
from atsn_tui.transport.framed import FramedChannel
from atsn_tui.transport.limits import Limits
from atsn_tui.transport.quietlog import QuietLog
from atsn_tui.transport.sweep import sweep

Only = Callable[[str, object], bool]
"""Chooses connections by their IP address and what is known of the peer since it logged in."""

_LEAVE_TIMEOUT = 5.0


def everybody(address: str, known: object) -> bool:
    """All connections."""
    return True


class ConnectionTable:
    """All connections of one server."""

    def __init__(
        self,
        authorize: Callable[[str, str], Awaitable[object]],
        serve: Callable[[Channel], Awaitable[None]],
        limits: Limits,
        log: QuietLog,
        door: Door | None = None,
    ) -> None:
        self.authorize = authorize
        self.door = door
        self.limits = limits
        self.log = log
        self._serve = serve
        self._connections: dict[Connection, None] = {}
        """All connections, oldest first."""
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self._tasks: dict[asyncio.Task[None], Connection] = {}
        """What serves channels, and whose."""
        self._leaving = False

    def arrive(self, connection: Connection) -> str | None:
        """Count a new connection; if it is one too many, say why."""
        waiting = [other for other in self._connections if not other.done and not other.unwanted]
        self._connections[connection] = None
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().create_task(
                sweep(self._connections, self.limits, self.log)
            )
        if self._leaving:
            return "the server is closing"
        if [other.place for other in waiting].count(connection.place) >= self.limits.logging_in_per_address:
            return f"too many connections from {connection.address} are logging in"
        if len(waiting) >= self.limits.logging_in:
            self._make_room(waiting)
        return None

    def _make_room(self, waiting: list[Connection]) -> None:
        """End one that is logging in: who is let in needs a moment for that, who holds places keeps them."""
        crowd = Counter(connection.place for connection in waiting)
        most = max(crowd.values())
        oldest = next(connection for connection in waiting if crowd[connection.place] == most)
        text = f"{oldest.address}: it was the oldest of too many that are logging in"
        self.log.write(logging.WARNING, "connections over a limit", text)
        oldest.abort()

    def turns(self, key: str) -> asyncio.Semaphore:
        """What limits how much of that peer is worked on at once."""
        return self._turns.setdefault(key, asyncio.Semaphore(self.limits.requests_per_key))

    def depart(self, connection: Connection) -> None:
        """A connection has ended."""
        self._connections.pop(connection, None)

    def connections_of(self, key: str) -> int:
        """How many logged-in connections the peer has."""
        mine = [connection for connection in self._connections if connection.key == key]
        return sum(connection.done and not connection.joining for connection in mine)

    def may_join(self, address: str) -> bool:
        """Whether one more connection from that address may use an invite."""
        joining = [connection for connection in self._connections if connection.done and connection.joining]
        there = [connection.address for connection in joining]
        return len(there) < self.limits.joining and there.count(address) < self.limits.joining_per_address

    def may_open(self, key: str) -> bool:
        """Whether that peer may open one more channel."""
        channels = sum(len(connection.sessions) for connection in self._connections if connection.key == key)
        return not self._leaving and channels < self.limits.channels_per_key

    def serve(self, channel: FramedChannel, connection: Connection) -> None:
        """Serve a channel in a task of its own."""
        serve = self.door.serve if connection.joining and self.door else self._serve
        task = asyncio.get_running_loop().create_task(self._serve_and_close(serve, channel))
        self._tasks[task] = connection
        task.add_done_callback(self._forget)

    async def cut(self, key: str, only: Only = everybody) -> bool:
        """End such connections that use that key or have just offered it; whether there are any."""

        def meant(connection: Connection) -> bool:
            return connection.key == key and only(connection.address, connection.known)

        for task in [task for task, connection in self._tasks.items() if meant(connection)]:
            task.cancel()
        connections = [connection for connection in self._connections if meant(connection)]
        await _end(connections)
        return bool(connections)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)

    async def leave(self) -> None:
        """Cancel what serves channels, wait for it, and end all connections."""
        self._leaving = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _end(list(self._connections))

    async def _serve_and_close(
        self, serve: Callable[[Channel], Awaitable[None]], channel: FramedChannel
    ) -> None:
        try:
            await serve(channel)
        except Unreachable:
            pass  # The peer has ended the channel, which is how most of them end.
        except AtsnError as error:
            self.log.write(logging.WARNING, "channels that ended with an error", str(error))
        except Exception as error:
            self.log.write(logging.ERROR, "channels that failed", "serving a channel failed", error)
        finally:
            await channel.close()


async def _end(connections: list[Connection]) -> None:
    for connection in connections:
        connection.abort()
    if connections:
        await asyncio.wait([connection.gone for connection in connections], timeout=_LEAVE_TIMEOUT)
