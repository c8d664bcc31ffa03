"""Channels inside one process: the same frames, limits and back-pressure, without a network."""

import asyncio
from collections import deque

from atsn_tui.transport.channel import Identity
from atsn_tui.transport.framed import FramedChannel

WINDOW = 64 * 1024
"""Bytes on their way in one direction, from which on senders wait."""

NOBODY = Identity(public_key="", address="127.0.0.1")


def pair(
    first: Identity = NOBODY, second: Identity = NOBODY, peer: str = "the other side"
) -> tuple[FramedChannel, FramedChannel]:
    """Two connected channels. `first` is whom the second channel sees, `second` whom the first one sees."""
    one, two = FramedChannel(peer, second), FramedChannel(peer, first)
    there, back = _Wire(one, two), _Wire(two, one)
    there.back, back.back = back, there
    one.attach(there)
    two.attach(back)
    return one, two


class _Wire:
    """One direction of a pair: what `source` writes, `target` is fed with."""

    back: "_Wire"

    def __init__(self, source: FramedChannel, target: FramedChannel) -> None:
        self._source = source
        self._target = target
        self._queue: deque[bytes] = deque()
        self._size = 0
        self._held = False
        self._closing = False
        self._done = asyncio.Event()

    def write(self, data: bytes) -> None:
        self._queue.append(data)
        self._size += len(data)
        if self._size > WINDOW:
            self._source.pause()
        self._soon()

    def hold(self) -> None:
        self.back._held = True

    def flow(self) -> None:
        self.back._held = False
        self.back._soon()

    def close(self) -> None:
        self._closing = True
        self._soon()

    def abort(self) -> None:
        self._queue.clear()
        self._finish()

    @property
    def ending(self) -> bool:
        return self._closing or self.back._closing

    async def wait_closed(self) -> None:
        await self._done.wait()

    def _soon(self) -> None:
        asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        while self._queue and not self._held:
            data = self._queue.popleft()
            self._size -= len(data)
            self._target.data(data)
        if self._size <= WINDOW:
            self._source.resume()
        if self._closing and not self._queue:
            self._finish()

    def _finish(self) -> None:
        if not self._done.is_set():
            self._done.set()
            self._target.lose("closed the channel")
