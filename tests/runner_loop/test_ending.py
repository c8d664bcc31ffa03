"""A scheduler that is told to end does, at whatever moment: a cancellation is not lost in what else happens then."""

import asyncio
from collections.abc import Callable

import pytest

from atsn_tui.runner.scheduling.clock import SystemClock
from atsn_tui.runner.scheduling.scheduler import Scheduler
from tests.nodes import eventually
from tests.runner_loop.world import World

MOMENTS = range(12)
"""Turns of the event loop between the end of a wait and the cancellation."""


async def ends(task: "asyncio.Task[None]") -> bool:
    """Whether the task ends, though it was cancelled only once."""
    done, _ = await asyncio.wait([task], timeout=20)
    if not done:
        for _ in range(50):
            task.cancel()
            await asyncio.wait([task], timeout=0.05)
    return bool(done)


async def some_turns(number: int, each: Callable[[], None] = lambda: None) -> None:
    for _ in range(number):
        each()
        await asyncio.sleep(0)


@pytest.mark.parametrize("turns", MOMENTS)
async def test_a_wait_that_is_over_at_that_moment_takes_no_cancellation_along(turns: int) -> None:
    wake = asyncio.Event()

    async def loop() -> None:
        while True:
            await SystemClock().wait(60, wake)
            wake.clear()

    task = asyncio.create_task(loop())
    await some_turns(3)
    wake.set()
    await some_turns(turns)
    task.cancel()
    assert await ends(task)


@pytest.mark.parametrize("turns", MOMENTS)
async def test_a_scheduler_ends_when_a_change_comes_with_the_order_to_end(turns: int) -> None:
    world = World()
    world.put(1, "every 1h")
    scheduler = Scheduler(world.store, world.executor, world.place)
    task = asyncio.create_task(scheduler.run())
    await eventually(lambda: scheduler.beat)
    await some_turns(20)
    scheduler.notice()
    await some_turns(turns)
    task.cancel()
    assert await ends(task)
