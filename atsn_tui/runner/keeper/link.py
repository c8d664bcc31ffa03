"""The connection to a service."""

import json
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

from atsn_tui.runner.keeper.loop import READ, WRITE, Loop
from atsn_tui.runner.wire import Inbox, frame

_CHUNK = 65_536
_MAX_BACKLOG = 64 * 1024 * 1024
"""What a service may leave unread, in bytes, before it is given up. It learns everything again when it returns."""

Message = dict[str, Any]


class Link:
    """Messages from and to one service. It calls `hear` for each and `lose` once, at its end."""

    def __init__(
        self,
        loop: Loop,
        connection: socket.socket,
        hear: Callable[["Link", Message], None],
        lose: Callable[["Link"], None],
    ) -> None:
        self._loop = loop
        self._socket = connection
        self._hear = hear
        self._lose = lose
        self._inbox = Inbox()
        self._backlog = bytearray()
        self._full = False
        self.open = True
        connection.setblocking(False)
        loop.watch(connection.fileno(), self._on_ready)

    def tell(self, body: bytes) -> None:
        """Send a message, together with all that is told in this turn."""
        if not self.open:
            return
        if not self._backlog:
            self._loop.at_end(self._flush)
        self._backlog += frame(body)
        if len(self._backlog) > _MAX_BACKLOG:
            self.close()

    def close(self) -> None:
        """End the connection. Twice is harmless."""
        if self.open:
            self.open = False
            self._loop.forget(self._socket.fileno())
            self._socket.close()
            self._lose(self)

    def _on_ready(self, events: int) -> None:
        if events & WRITE:
            self._flush()
        if self.open and events & ~WRITE:
            self._receive()

    def _flush(self) -> None:
        """Send what the other side takes, and the rest when it can take more."""
        if not self.open:
            return
        try:
            sent = self._socket.send(self._backlog)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        del self._backlog[:sent]
        if self._full != bool(self._backlog):
            self._full = not self._full
            self._loop.change(self._socket.fileno(), READ | WRITE if self._full else READ)

    def _receive(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
            messages = self._inbox.feed(data)
        except BlockingIOError:
            return
        except (OSError, ValueError):
            self.close()
            return
        for body in messages:
            if self.open:
                self._hear(self, json.loads(body))
        if not data:
            self.close()


def peer_user(connection: socket.socket) -> int:
    """Whose process is at the other end."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def may_connect(connection: socket.socket) -> bool:
    """Whether the other end is of our own user, or root."""
    return peer_user(connection) in (0, os.geteuid())
