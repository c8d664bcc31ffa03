"""A TCP proxy between two nodes, at which the network can be cut, stalled and slowed down."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.nodes import free_port

CHUNK = 4096


class Proxy:
    """Passes bytes on in both directions, until told otherwise."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self._ways: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._flow = asyncio.Event()
        self._flow.set()
        self._server: asyncio.Server | None = None
        self.refuses = False
        """Whether new connections are reset at once."""
        self.passed = 0
        """Bytes passed on, in both directions."""
        self.cut_at: int | None = None
        """Cut everything when that many bytes have passed."""
        self.stall_at: int | None = None
        """Pass nothing more on when that many bytes have passed."""
        self.port = free_port()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    @property
    def flows(self) -> bool:
        """Whether bytes are passed on."""
        return self._flow.is_set()

    def cut(self) -> None:
        """Reset every connection, as a firewall does that has forgotten them."""
        for way in self._ways:
            for writer in way:
                sock = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

    def stall(self) -> None:
        """Take bytes, as far as buffers go, and pass none on."""
        self._flow.clear()

    def heal(self) -> None:
        """Pass everything on again."""
        self.cut_at = self.stall_at = None
        self.refuses = False
        self._flow.set()

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def close(self) -> None:
        """End all."""
        assert self._server is not None
        self._server.close()
        self.heal()
        self.cut()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        way = writer, far_writer
        self._ways.add(way)
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        self._ways.discard(way)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.stall_at is not None and self.passed >= self.stall_at:
                    self.stall()
                await self._flow.wait()
                self.passed += len(data)
                writer.write(data)
                await writer.drain()
                if self.cut_at is not None and self.passed >= self.cut_at:
                    self.cut()
                    return
        writer.close()


@asynccontextmanager
async def proxy_to(target: str) -> AsyncIterator[Proxy]:
    """A proxy to that address."""
    proxy = Proxy(target)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()
