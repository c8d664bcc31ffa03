"""The one implementation of a channel, over anything that carries bytes in order."""

import asyncio
from contextlib import suppress
from typing import Protocol

from atsn_tui.errors import AtsnError, Refused, Unreachable
from atsn_tui.transport.channel import Identity
from atsn_tui.transport.frames import Decoder, encode

READ_AHEAD = 256 * 1024
"""Once a message is complete and this many bytes are held, reading stops until messages are taken out."""
CLOSE_TIMEOUT = 5.0
"""Seconds that `close` gives to what is still on its way."""

_LOOK_AGAIN = 1.0


class Wire(Protocol):
    """What a FramedChannel needs from whatever carries its bytes."""

    def write(self, data: bytes) -> None:
        """Queue bytes; the wire calls `pause` and `resume` of the channel to say whether there is room."""

    def hold(self) -> None:
        """Stop handing bytes over."""

    def flow(self) -> None:
        """Hand bytes over again."""

    def close(self) -> None:
        """End once what was written is sent."""

    def abort(self) -> None:
        """End now."""

    @property
    def ending(self) -> bool:
        """Whether nothing written now would still be sent."""

    async def wait_closed(self) -> None:
        """Return when the wire has ended."""


class FramedChannel:
    """A channel that writes frames to a wire, and is fed by that wire with what arrives."""

    def __init__(
        self,
        peer: str,
        identity: Identity,
        most: int | None = None,
        turns: asyncio.Semaphore | None = None,
    ) -> None:
        """`peer` names the other end in error messages; `most` is the largest message that is taken, in bytes.

        With `turns`, a message is unpacked only when this channel has one of them, which it keeps until it is answered
        or the next is received: so no more messages than that are unpacked, over all channels that share them.
        """
        self._peer = peer
        self._identity = identity
        self._wire: Wire | None = None
        self._decoder = Decoder() if most is None else Decoder(most, most)
        self._held = False
        self._closed = False
        self._ended: str | None = None
        self._failure: AtsnError | None = None
        self._lost = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._turns = turns
        self._has_turn = False

    @property
    def identity(self) -> Identity:
        """Who is at the other end."""
        return self._identity

    @property
    def closed(self) -> bool:
        """Whether the channel was closed here, or is known to have ended."""
        return self._closed or self._ended is not None

    async def send(self, payload: bytes) -> None:
        """Hand one message over, once there is room. BadInput: too large. Unreachable: it has ended."""
        frame = encode(payload)
        while self._open and not self._room.is_set():
            await self._look_for_room()
        if self._wire is None or not self._open:
            raise self._why()
        try:
            self._wire.write(frame)
        except OSError as error:
            raise self._why() from error
        self._end_turn()

    @property
    def waiting(self) -> int:
        """Bytes that have arrived and were not received yet."""
        return self._decoder.waiting

    async def receive(self) -> bytes:
        """The next message. Unreachable: it has ended. Refused: the other side sends no proper messages."""
        self._end_turn()
        while not self._closed:
            if self._decoder.ready:
                await self._take_turn()
            message = self._take()
            if message is not None:
                return message
            if self._ended is not None:
                break
            self._end_turn()
            self._news.clear()
            await self._news.wait()
        self._end_turn()
        raise self._why()

    async def close(self) -> None:
        """Let what was sent still travel, for up to CLOSE_TIMEOUT, and end."""
        wire = self._wire
        self._shut()
        if wire is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await wire.wait_closed()
        except TimeoutError:
            wire.abort()

    def attach(self, wire: Wire) -> None:
        """Begin: from now on the wire calls the methods below."""
        self._wire = wire

    def data(self, data: bytes) -> None:
        """Bytes arrived."""
        if self._closed:
            return
        self._decoder.feed(data)
        if self._decoder.ready:
            if self._decoder.waiting >= READ_AHEAD:
                self._hold()
            self._news.set()

    def end(self, reason: str) -> None:
        """Nothing more will arrive; `reason` completes the sentence that begins with the peer's name."""
        if self._ended is None and not self._closed:
            self._ended = reason
        self._news.set()

    def lose(self, reason: str) -> None:
        """The wire has ended in both directions."""
        self.end(reason)
        self._lost = True
        self._room.set()

    def fail(self, error: AtsnError) -> None:
        """The other side is not what it should be: that error is raised for whatever is asked from now on."""
        if self._ended is None and not self._closed:
            self._failure = error
        self.lose("is not what it should be")
        if self._wire is not None:
            self._wire.abort()

    def pause(self) -> None:
        """The wire has no room."""
        self._room.clear()

    def resume(self) -> None:
        """The wire has room again."""
        self._room.set()

    @property
    def _open(self) -> bool:
        return not self._closed and not self._lost

    async def _look_for_room(self) -> None:
        """Wait for room, and look now and then whether the other side is still there.

        It may have gone while what it sent last is waiting to be received; only then is its end told.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN):
                await self._room.wait()
        if self._wire is not None and self._wire.ending:
            self._lost = True

    def _take(self) -> bytes | None:
        try:
            message = self._decoder.take()
        except Refused as error:
            self._shut()
            self._ended = f"broke the rules: {error}"
            raise Refused(f"{self._peer} {self._ended}") from error
        if self._held and not (self._decoder.ready and self._decoder.waiting >= READ_AHEAD):
            self._held = False
            if self._wire is not None:
                self._wire.flow()
        return message

    async def _take_turn(self) -> None:
        if self._turns is not None and not self._has_turn:
            await self._turns.acquire()
            self._has_turn = True

    def _end_turn(self) -> None:
        if self._turns is not None and self._has_turn:
            self._has_turn = False
            self._turns.release()

    def _hold(self) -> None:
        if not self._held and self._wire is not None:
            self._held = True
            self._wire.hold()

    def _shut(self) -> None:
        self._end_turn()
        if not self._closed:
            self._closed = True
            self._news.set()
            self._room.set()
            if self._wire is not None:
                self._wire.flow()
                self._wire.close()

    def _why(self) -> AtsnError:
        if self._failure is not None:
            return self._failure
        if self._closed and self._ended is None:
            return Unreachable(f"the channel to {self._peer} was closed here")
        missing = "" if self._closed else self._decoder.missing
        cut = f" in the middle of a message ({missing})" if missing else ""
        return Unreachable(f"{self._peer} {self._ended or 'closed the channel'}{cut}")
