"""Output of processes that a run left behind: read and thrown away, so that they neither block nor die of it."""

import os
from collections.abc import Callable

from atsn_tui.runner.keeper.loop import Loop

MOST = 1000
"""So many are served; then the oldest has to go."""

_CHUNK = 65_536


class Drains:
    """Pipes that are read to their end. `settle` is called when one is through."""

    def __init__(self, loop: Loop, settle: Callable[[], None]) -> None:
        self._loop = loop
        self._settle = settle
        self._pipes: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._pipes)

    def add(self, pipe: int) -> None:
        """Take over a pipe that does not block."""
        self._pipes.append(pipe)
        self._loop.watch(pipe, lambda _: self._read(pipe))
        if len(self._pipes) > MOST:
            self._close(self._pipes[0])

    def _read(self, pipe: int) -> None:
        try:
            data = os.read(pipe, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(pipe)
            self._settle()

    def _close(self, pipe: int) -> None:
        self._pipes.remove(pipe)
        self._loop.forget(pipe)
        os.close(pipe)
