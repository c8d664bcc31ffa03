"""The beat says that the scheduler takes turns: not that the event loop does."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from atsn_tui.errors import Refused
from atsn_tui.runner.scheduling import scheduler as module
from atsn_tui.runner.scheduling.scheduler import Scheduler
from tests.nodes import eventually
from tests.runner_loop.world import World


class Hanging:
    """A store that hangs while `free` is cleared, like a disk that does not answer."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self.free = asyncio.Event()
        self.free.set()
        self.fails = False

    async def read(self, function: Callable[..., Any]) -> Any:
        await self.free.wait()
        return await self._store.read(function)

    async def write(self, function: Callable[..., Any]) -> Any:
        await self.free.wait()
        return await self._store.write(function)

    async def data_version(self) -> int:
        await self.free.wait()
        if self.fails:
            raise Refused("the database is busy")
        return await self._store.data_version()


async def test_it_stands_still_while_the_store_hangs_and_goes_on_afterwards() -> None:
    world = World()
    store, beats = Hanging(world), list[int]()
    scheduler = Scheduler(store, world.executor, world.place, poll=0.01, on_turn=beats.append)
    life = asyncio.create_task(scheduler.run())
    await eventually(lambda: len(beats) > 3)
    assert scheduler.beat == beats[-1]
    assert scheduler.stuck() < 5
    store.free.clear()
    await asyncio.sleep(0.05)
    stood = scheduler.beat
    for _ in range(20):
        await asyncio.sleep(0.01)
    assert scheduler.beat == stood
    assert scheduler.stuck() > 0.15
    store.free.set()
    await eventually(lambda: scheduler.beat > stood)
    await eventually(lambda: scheduler.stuck() < 0.15)
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)


async def test_one_that_rests_after_a_failure_gives_no_beat_but_does_not_hang(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_SHORTEST_REST", 60.0)
    world = World()
    store = Hanging(world)
    scheduler = Scheduler(store, world.executor, world.place, poll=0.01)
    life = asyncio.create_task(scheduler.run())
    await eventually(lambda: scheduler.beat)
    store.fails = True
    await asyncio.sleep(0.1)
    stood = scheduler.beat
    await asyncio.sleep(0.1)
    assert (scheduler.beat, scheduler.stuck()) == (stood, 0.0)
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)
