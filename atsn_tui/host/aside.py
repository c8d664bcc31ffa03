"""Blocking calls that nobody has to wait for, not even the end of the process."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T]) -> T:
    """What `work` returns, done in a thread that a cancelled caller and the process's end leave behind."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(give: Callable[[], None]) -> None:
        if not outcome.done():
            give()

    def run() -> None:
        give: Callable[[], None]
        try:
            value = work()
        except BaseException as error:
            fault = error
            give = lambda: outcome.set_exception(fault)  # noqa: E731
        else:
            give = lambda: outcome.set_result(value)  # noqa: E731
        with suppress(RuntimeError):  # The loop has ended meanwhile.
            loop.call_soon_threadsafe(settle, give)

    threading.Thread(target=run, daemon=True, name="atsn-aside").start()
    return await outcome
