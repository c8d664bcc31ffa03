"""The keeper's event loop: what to do when a file becomes ready, and when a moment comes."""

import heapq
import itertools
import select
import sys
import time
from collections.abc import Callable

READ = select.EPOLLIN
WRITE = select.EPOLLOUT

Handler = Callable[[int], None]
Action = Callable[[], None]

_BATCH = 256
"""Events that are taken at once."""

_CROWD = 1000
"""Moments that may wait before those that were cancelled are thrown out."""


class Timer:
    """Something to do later, unless it is cancelled."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def cancel(self) -> None:
        """Do it not. Harmless if it is done already."""
        self.action = None


class Loop:
    """Waits for files and moments. A handler gets the file's epoll events."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._last: list[Action] = []
        self._crowd = _CROWD

    def watch(self, file: int, handler: Handler, events: int = READ) -> None:
        """Call `handler` whenever `file` is ready, until `forget`."""
        self._epoll.register(file, events)
        self._handlers[file] = handler

    def change(self, file: int, events: int) -> None:
        """Wait for other events of a watched file."""
        self._epoll.modify(file, events)

    def forget(self, file: int) -> None:
        """Watch it no longer. To be called before the file is closed; twice is harmless."""
        if self._handlers.pop(file, None) is not None:
            self._epoll.unregister(file)

    def after(self, seconds: float, action: Action) -> Timer:
        """Call `action` once, `seconds` from now."""
        return self.at(time.monotonic() + seconds, action)

    def at(self, moment: float, action: Action) -> Timer:
        """Call `action` once, when the monotonic clock shows `moment`."""
        if len(self._timers) > self._crowd:
            self._timers = [entry for entry in self._timers if entry[2].action is not None]
            heapq.heapify(self._timers)
            self._crowd = max(_CROWD, 2 * len(self._timers))
        timer = Timer(action)
        heapq.heappush(self._timers, (moment, next(self._order), timer))
        return timer

    def at_end(self, action: Action) -> None:
        """Call `action` once, when everything that is ready now is done."""
        self._last.append(action)

    def turn(self) -> None:
        """Wait until something is to be done, and do it. A handler's failure is printed and goes no further."""
        ready = self._epoll.poll(self._patience(), _BATCH)
        for file, handler, events in [(file, self._handlers.get(file), events) for file, events in ready]:
            # A file that was closed in this turn may have given its number to another one.
            if handler is not None and self._handlers.get(file) is handler and not _attempt(handler, events):
                self.forget(file)
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if timer.action is not None:
                _attempt(timer.action)
        last, self._last = self._last, []
        for action in last:
            _attempt(action)

    def _patience(self) -> float:
        """Seconds until the next moment; -1 for ever."""
        while self._timers and self._timers[0][2].action is None:
            heapq.heappop(self._timers)
        if self._last:
            return 0
        if not self._timers:
            return -1
        return max(0.0, self._timers[0][0] - time.monotonic())


def _attempt(action: Callable[..., None], *arguments: int) -> bool:
    """Whether `action` went through. One run's trouble must not end the others."""
    try:
        action(*arguments)
    except Exception:
        sys.__excepthook__(*sys.exc_info())
        return False
    return True
