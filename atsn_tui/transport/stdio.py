"""A channel over standard input and output, as an sshd gives them to the command that it starts."""

import asyncio
import os
import stat
import sys

from atsn_tui.errors import BadInput
from atsn_tui.transport.channel import Identity
from atsn_tui.transport.framed import FramedChannel


def take_stdio() -> tuple[int, int]:
    """Keep standard input and output for the protocol alone: new descriptors of both, for `stdio_channel`.

    From then on whatever is printed goes to standard error, and whoever reads finds nothing: a stray line
    would break the protocol. BadInput if they are no pipes or sockets, as at a terminal.
    """
    for number in (0, 1):
        mode = os.fstat(number).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            raise BadInput(
                "this speaks to other nodes, not to people: sshd starts it for a peer that logs in, "
                "once its key is there: atsn peer authorize NAME"
            )
    sys.stdout.flush()
    incoming, outgoing = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return incoming, outgoing


async def stdio_channel(identity: Identity, incoming: int, outgoing: int) -> FramedChannel:
    """The channel over two descriptors, which it closes at its end."""
    channel = FramedChannel(f"the peer at {identity.address}", identity)
    wire = _PipeWire(channel)
    channel.attach(wire)
    loop = asyncio.get_running_loop()
    # Writing first: what arrives may be answered at once.
    written, _ = await loop.connect_write_pipe(lambda: _Outgoing(wire), os.fdopen(outgoing, "wb", 0))
    wire.outgoing = written
    read, _ = await loop.connect_read_pipe(lambda: _Incoming(wire), os.fdopen(incoming, "rb", 0))
    wire.incoming = read
    return channel


class _PipeWire:
    """Two pipes as a wire."""

    def __init__(self, channel: FramedChannel) -> None:
        self.channel = channel
        self.outgoing: asyncio.WriteTransport
        self.incoming: asyncio.ReadTransport | None = None
        self._held = False
        self._done = asyncio.Event()

    def write(self, data: bytes) -> None:
        """Queue bytes."""
        self.outgoing.write(data)

    def hold(self) -> None:
        """Stop handing bytes over; the other side stops when the pipe and the SSH window are full."""
        if self.incoming is not None and not self._held:
            self._held = True
            self.incoming.pause_reading()

    def flow(self) -> None:
        """Hand bytes over again."""
        if self.incoming is not None and self._held:
            self._held = False
            if not self.incoming.is_closing():
                self.incoming.resume_reading()

    def close(self) -> None:
        """End once what was written is sent."""
        self.outgoing.close()
        if self.incoming is not None:
            self.incoming.close()

    def abort(self) -> None:
        """End now."""
        self.outgoing.abort()
        if self.incoming is not None:
            self.incoming.close()

    @property
    def ending(self) -> bool:
        """Whether nothing written now would still be sent."""
        return self.outgoing.is_closing()

    async def wait_closed(self) -> None:
        """Return when everything was sent, or cannot be sent any more."""
        await self._done.wait()

    def lost(self) -> None:
        """Nobody reads any more what is written."""
        self.channel.lose("closed the channel")
        self._done.set()


class _Incoming(asyncio.Protocol):
    """What arrives on standard input."""

    def __init__(self, wire: _PipeWire) -> None:
        self._wire = wire

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        self._wire.channel.data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Standard input was closed. What is being answered still gets its answer, if anybody takes it."""
        self._wire.channel.end("closed the channel")


class _Outgoing(asyncio.BaseProtocol):
    """What leaves on standard output."""

    def __init__(self, wire: _PipeWire) -> None:
        self._wire = wire

    def pause_writing(self) -> None:
        """Too much is waiting to be sent."""
        self._wire.channel.pause()

    def resume_writing(self) -> None:
        """There is room again."""
        self._wire.channel.resume()

    def connection_lost(self, exc: Exception | None = None) -> None:
        """Standard output was closed."""
        self._wire.lost()
