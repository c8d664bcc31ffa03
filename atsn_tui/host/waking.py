"""Looking at once when somebody rings the service's bell."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from atsn_tui.home.bell import Bell

log = logging.getLogger(__name__)

TOGETHER = 0.01
"""Seconds in which several rings count as one: who changes a thousand things one by one keeps nobody from work."""


@contextmanager
def listening(path: Path, look: Callable[[], None]) -> Iterator[None]:
    """Call `look` soon after each ring, inside the block. Without a bell, which is logged, nothing is called."""
    try:
        bell = Bell(path)
    except OSError as error:
        log.warning("%s cannot be used, so changes are noticed up to a second later: %s", path, error)
        yield
        return
    loop = asyncio.get_running_loop()
    waiting: asyncio.TimerHandle | None = None
    last = loop.time() - TOGETHER

    def now() -> None:
        nonlocal waiting, last
        waiting, last = None, loop.time()
        look()

    def hear() -> None:
        nonlocal waiting
        if bell.heard() and waiting is None:
            waiting = loop.call_at(max(loop.time(), last + TOGETHER), now)

    loop.add_reader(bell.fileno(), hear)
    try:
        yield
    finally:
        loop.remove_reader(bell.fileno())
        if waiting is not None:
            waiting.cancel()
        bell.close()
