"""Blocking calls that nobody has to wait for, not even the end of the process."""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

NAME_PATIENCE = 2.0
"""Seconds that the machine's full name is waited for: it is asked of the network."""

_names: list[str] = []


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


async def full_name() -> str:
    """This machine's full name, or its short one if the network does not tell in time."""
    if not _names:
        try:
            async with asyncio.timeout(NAME_PATIENCE):
                _names.append(await aside(socket.getfqdn))
        except TimeoutError:
            return socket.gethostname()
    return _names[0]
