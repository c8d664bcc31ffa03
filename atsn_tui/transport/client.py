"""Channels to peers: one kept-open connection for each, and as many channels on it as are needed."""

import asyncio
from pathlib import Path
from typing import Any

import asyncssh

from atsn_tui.errors import Refused, Unreachable
from atsn_tui.home import keys
from atsn_tui.home.ssh_address import is_ssh
from atsn_tui.transport.channel import Channel, Identity
from atsn_tui.transport.dial import Caller, Endpoint, dial, lost_because, options, unreachable
from atsn_tui.transport.far_command import FarCommand
from atsn_tui.transport.framed import FramedChannel
from atsn_tui.transport.ssh import SUBSYSTEM, Feeding, clean, public_line
from atsn_tui.transport.trace import Trace

_CLOSE_TIMEOUT = 5.0

MAX_CONNECTIONS = 16
"""To one peer behind an sshd, which allows each of them ten channels by default. A node's own server needs one."""

Place = tuple[str, int]
"""A peer's name, and which of the connections to it."""

Dialling = asyncio.Task[asyncssh.SSHClientConnection]


class Pool:
    """The connections of this node to its peers. Closing it closes them."""

    def __init__(
        self,
        client_key_path: Path,
        *,
        node_name: str = "NAME",
        timeout: float = 10.0,
        trace: Trace | None = None,
    ) -> None:
        """`timeout`, in seconds, holds for connecting and again for opening a channel.

        `trace` is told how far connecting came.
        """
        self._key_path = client_key_path
        self._node_name = node_name
        self._timeout = timeout
        self._prepared: tuple[Caller, asyncssh.SSHClientConnectionOptions] | None = None
        self._trace = trace
        self._dialled: dict[Place, tuple[Endpoint, Dialling]] = {}
        self._closed = False

    async def channel(self, endpoint: Endpoint) -> Channel:
        """A new channel to the peer, on a connection that is made now unless there is one.

        Unreachable or Refused, naming the peer, its address and what to do.
        """
        number = 0
        while True:
            try:
                return await self._channel(endpoint, (endpoint.name, number))
            except _Full:
                number += 1
                if number == MAX_CONNECTIONS:
                    raise

    async def drop(self, name: str) -> None:
        """Close the connections to the peer of that name, if there are any, with all their channels."""
        await _gone([self._forget(place) for place in list(self._dialled) if place[0] == name])

    async def close(self) -> None:
        """Close all connections, and stop those that are being made.

        Channels are closed before, by whoever uses them; what is still on its way in them is lost here.
        """
        self._closed = True
        await _gone([self._forget(place) for place in list(self._dialled)])

    async def _channel(self, endpoint: Endpoint, place: Place) -> Channel:
        kept, connection = await self._connection(endpoint, place)
        try:
            return await self._open(endpoint, connection)
        except Unreachable:
            if not kept:
                raise
        # The kept connection had died unnoticed, as when the peer was restarted.
        self._give_up(place, connection)
        _, connection = await self._connection(endpoint, place)
        return await self._open(endpoint, connection)

    async def _connection(
        self, endpoint: Endpoint, place: Place
    ) -> tuple[bool, asyncssh.SSHClientConnection]:
        """Whether the connection was there before, and itself. All who ask at once share one attempt."""
        if self._closed:
            raise Unreachable(f"{endpoint} cannot be reached: this node is closing its connections")
        task = self._kept(endpoint, place)
        if task is None:
            if place in self._dialled:
                self._forget(place)
            task = asyncio.get_running_loop().create_task(self._dial(endpoint))
            task.add_done_callback(_look)
            self._dialled[place] = (endpoint, task)
        kept = task.done()
        try:
            # A caller that gives up must not take the connection from the others.
            return kept, await asyncio.shield(task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if task.cancelled() and current is not None and not current.cancelling():
                raise Unreachable(f"the connection to {endpoint} was given up while it was made") from None
            raise

    def _kept(self, endpoint: Endpoint, place: Place) -> Dialling | None:
        known, task = self._dialled.get(place, (None, None))
        if task is None or known != endpoint:
            return None
        if not task.done():
            return task
        connection = _connected(task)
        return task if connection is not None and not connection.is_closed() else None

    def _give_up(self, place: Place, connection: asyncssh.SSHClientConnection) -> None:
        """Forget that connection, unless somebody else who found it dead has already made a new one."""
        connection.abort()
        _, task = self._dialled.get(place, (None, None))
        if task is not None and _connected(task) is connection:
            del self._dialled[place]

    def _forget(self, place: Place) -> Dialling:
        _, task = self._dialled.pop(place)
        if not task.done():
            task.cancel()
        elif (connection := _connected(task)) is not None:
            connection.close()
        return task

    async def _dial(self, endpoint: Endpoint) -> asyncssh.SSHClientConnection:
        if self._prepared is None:
            key = asyncssh.import_private_key(keys.read(self._key_path))
            self._prepared = Caller(key, self._node_name), options(key)
        caller, prepared = self._prepared
        if is_ssh(endpoint.address):
            from atsn_tui.transport.sshd import dial_sshd

            return await dial_sshd(endpoint, caller, self._timeout, self._trace or Trace())
        return await dial(endpoint, caller, prepared, self._timeout, self._trace)

    async def _open(self, endpoint: Endpoint, connection: asyncssh.SSHClientConnection) -> Channel:
        task = asyncio.get_running_loop().create_task(_request(endpoint, connection, self._node_name))
        task.add_done_callback(_look)
        try:
            # asyncssh forgets a channel whose opening is cancelled, without closing it: let it finish.
            async with asyncio.timeout(self._timeout):
                return await asyncio.shield(task)
        except TimeoutError as error:
            connection.abort()
            raise Unreachable(
                f"{endpoint} cannot be reached: it opened no channel within {self._timeout:g} seconds"
            ) from error
        except asyncio.CancelledError:
            task.add_done_callback(_close_unwanted)
            raise


class _Session(Feeding, asyncssh.SSHClientSession[bytes]):
    """One channel on our side."""


class _Full(Refused):
    """That connection carries no more channels."""


async def _request(
    endpoint: Endpoint, connection: asyncssh.SSHClientConnection, node_name: str
) -> FramedChannel:
    host_key = connection.get_server_host_key()
    assert host_key is not None
    address = str((connection.get_extra_info("peername") or ("",))[0]).partition("%")[0]
    channel = FramedChannel(str(endpoint), Identity(public_line(host_key), address))
    try:
        if is_ssh(endpoint.address):
            await FarCommand.start(connection, channel, str(endpoint), node_name)
        else:
            await connection.create_session(lambda: _Session(channel), subsystem=SUBSYSTEM, encoding=None)
    except asyncssh.ChannelOpenError as error:
        if is_ssh(endpoint.address) and not connection.is_closed():
            if error.code == asyncssh.OPEN_REQUEST_SESSION_FAILED:
                raise Refused(
                    f"{endpoint} lets us in but lets us start nothing: see docs/openssh.md"
                ) from error
            raise _Full(f"{endpoint} opens no more channels ({clean(error.reason)})") from error
        if connection.is_closed() or error.code == asyncssh.OPEN_CONNECT_FAILED:
            raise Unreachable(f"{endpoint} closed the connection{lost_because(connection)}") from error
        if error.code == asyncssh.OPEN_REQUEST_SESSION_FAILED:
            raise Refused(
                f"{endpoint} lets us in but has no subsystem {SUBSYSTEM!r}: is it an ATSN node?"
            ) from error
        raise Refused(f"{endpoint} opens no channel: {clean(error.reason)}: try again later") from error
    except (asyncssh.Error, OSError) as error:
        raise unreachable(str(endpoint), error) from error
    return channel


def _connected(task: Dialling) -> asyncssh.SSHClientConnection | None:
    """What an attempt has led to; None if it failed, was given up or is under way."""
    if not task.done() or task.cancelled() or task.exception() is not None:
        return None
    return task.result()


async def _gone(tasks: list[Dialling]) -> None:
    """Wait, but not for long, until forgotten connections have ended."""
    ended = [asyncio.get_running_loop().create_task(_ended(task)) for task in tasks]
    if ended:
        _, late = await asyncio.wait(ended, timeout=_CLOSE_TIMEOUT)
        for task in late:
            task.cancel()


async def _ended(task: Dialling) -> None:
    await asyncio.wait([task])
    if (connection := _connected(task)) is not None:
        await connection.wait_closed()


def _look(task: "asyncio.Task[Any]") -> None:
    """Take note of an error that nobody waits for any more."""
    if not task.cancelled():
        task.exception()


def _close_unwanted(task: "asyncio.Task[FramedChannel]") -> None:
    if not task.cancelled() and task.exception() is None:
        unwanted = asyncio.get_running_loop().create_task(task.result().close())
        _closing.add(unwanted)
        unwanted.add_done_callback(_closing.discard)


_closing: "set[asyncio.Task[None]]" = set()
