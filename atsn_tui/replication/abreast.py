"""Doing the links of a round side by side, as far as they do not build on each other."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from atsn_tui.replication.targets import Target


async def in_order(chain: list[Target], work: Callable[[Target], Coroutine[Any, Any, None]]) -> None:
    """The links of one group: pulls one after the other, then pushes side by side."""
    for target in chain:
        if target.link.direction == "pull":
            await work(target)
    await together(work(target) for target in chain if target.link.direction == "push")


async def together(works: Iterable[Coroutine[Any, Any, Any]]) -> None:
    """Do them side by side. However this ends, none of them is left behind."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
