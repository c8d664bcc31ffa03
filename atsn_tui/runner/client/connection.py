"""One connection to a keeper."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import msgspec

from atsn_tui.errors import AtsnError, BadInput, Refused, Unreachable, VersionMismatch
from atsn_tui.home.sockets import reachable
from atsn_tui.model.words import plural
from atsn_tui.runner.places import keeper_socket
from atsn_tui.runner.spec import Greeting, Hello, Message
from atsn_tui.runner.wire import MAX_MESSAGE, PROTOCOL, Inbox, frame

ANSWER = 10.0
"""Seconds for the keeper to say hello. It answers at once, unless the machine is at its end."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Message).decode
_greeting = msgspec.json.Decoder(Greeting).decode


class Connection(asyncio.Protocol):
    """Messages to and from the keeper. The first one is for `greet`, all others for whoever listens."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self._hear: Callable[[Message], None] | None = None
        self._lose: Callable[[], None] | None = None
        self._unheard: list[Message] = []
        self._inbox = Inbox()
        self._first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, home: Path) -> Self:
        """Connect to the keeper of a home. OSError if none lives; Refused if another user's answers."""
        with reachable(Path(keeper_socket(str(home)))) as address:
            _, connection = await asyncio.get_running_loop().create_unix_connection(cls, address)
        return connection

    async def greet(self, version: str) -> tuple[Greeting, Hello | None]:
        """Say hello and hear it; no Hello if the keeper speaks another protocol."""
        self.send({"op": "hello", "protocol": PROTOCOL, "version": version})
        try:
            async with asyncio.timeout(ANSWER):
                body = await asyncio.shield(self._first)
        except TimeoutError as error:
            raise Unreachable("the keeper does not answer: see keeper.log in the node's home") from error
        greeting = _greeting(body)
        if greeting.protocol != PROTOCOL:
            return greeting, None
        hello = _decode(body)
        if not isinstance(hello, Hello):
            raise AtsnError(f"the keeper began with {type(hello).__name__} instead of a hello")
        return greeting, hello

    def listen(self, hear: Callable[[Message], None], lose: Callable[[], None]) -> None:
        """Call `hear` for every message, those that came meanwhile too, and `lose` once, at the end."""
        self._hear, self._lose = hear, lose
        for message in self._unheard:
            hear(message)
        self._unheard.clear()
        if self.closed.is_set():
            lose()

    def send(self, message: Any) -> None:
        """Send a struct or a dictionary. To a closed connection it goes nowhere."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame(_encode(message)))

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Check that it is our own user's keeper."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        owner = _peer_user(transport.get_extra_info("socket"))
        if owner != os.geteuid():
            self._first.set_exception(Refused(f"the keeper's socket is held by a process of user {owner}"))
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take whole messages."""
        try:
            for body in self._inbox.feed(data):
                if not self._first.done():
                    self._first.set_result(body)
                else:
                    (self._hear or self._unheard.append)(_decode(body))
        except (ValueError, msgspec.MsgspecError):
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever waits."""
        if not self._first.done():
            self._first.set_exception(ConnectionResetError("the keeper left"))
        self._first.exception()
        self.closed.set()
        if self._lose is not None:
            self._lose()


def check_size(message: Any) -> None:
    """BadInput if the message cannot be written as UTF-8, or is longer than the keeper takes."""
    try:
        size = len(_encode(message))
    except UnicodeEncodeError as error:
        raise BadInput(
            f"the run's command, input or environment is not valid Unicode: {error.reason}"
        ) from error
    if size > MAX_MESSAGE:
        raise BadInput(
            f"the run's command, input and environment have {size} bytes together: at most {MAX_MESSAGE} can be given"
        )


def mismatch(home: Path, greeting: Greeting) -> VersionMismatch:
    """The error for a keeper that lives on and cannot be understood."""
    return VersionMismatch(
        f"the keeper of {home} (process {greeting.pid}) is of version {greeting.version}, which this version "
        f"cannot speak to, and still has {plural(greeting.runs, 'run')}: it leaves by itself when nothing "
        "runs any more; then start the service again"
    )


def _peer_user(connection: socket.socket) -> int:
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", credentials)[1])
