"""The beat says that the scheduler takes turns: not that the event loop does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from atsn_tui.errors import Refused
from atsn_tui.runner.scheduling.scheduler import Scheduler
from tests.nodes import eventually
from tests.runner_loop.world import SECOND, World


class HandClock:
    """Time passes when the test says so."""

    def __init__(self) -> None:
        self._passed = 1_000.0
        self._moved = asyncio.Event()

    def now(self) -> int:
        return round(self._passed * SECOND)

    def monotonic(self) -> float:
        return self._passed

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def wait(self, seconds: float, wake: asyncio.Event) -> None:
        until = self._passed + seconds
        while self._passed < until and not wake.is_set():
            events = [asyncio.create_task(event.wait()) for event in (self._moved, wake)]
            try:
                await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for event in events:
                    event.cancel()


class Hanging:
    """A store that hangs while `free` is cleared, like a disk that does not answer."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self.free = asyncio.Event()
        self.free.set()
        self.hangs = False
        """Somebody waits for it."""
        self.fails = self.failed = False

    async def read(self, function: Callable[..., Any]) -> Any:
        await self._answer()
        return await self._store.read(function)

    async def write(self, function: Callable[..., Any]) -> Any:
        await self._answer()
        return await self._store.write(function)

    async def data_version(self) -> int:
        await self._answer()
        if self.fails:
            self.failed = True
            raise Refused("the database is busy")
        return await self._store.data_version()

    async def _answer(self) -> None:
        self.hangs = not self.free.is_set()
        await self.free.wait()
        self.hangs = False


@asynccontextmanager
async def living(
    store: Hanging, clock: HandClock, world: World, on_turn: Callable[[int], None] | None = None
) -> AsyncIterator[Scheduler]:
    """A scheduler that has taken a turn."""
    scheduler = Scheduler(store, world.executor, world.place, clock=clock, on_turn=on_turn)
    life = asyncio.create_task(scheduler.run())
    try:
        await eventually(lambda: scheduler.beat == clock.now())
        yield scheduler
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)


async def test_it_stands_still_while_the_store_hangs_and_goes_on_afterwards() -> None:
    world, clock = World(), HandClock()
    store, beats = Hanging(world), list[int]()
    async with living(store, clock, world, beats.append) as scheduler:
        clock.move(2)
        await eventually(lambda: scheduler.beat == clock.now())
        assert (beats[-1], scheduler.stuck()) == (scheduler.beat, 0)
        stood = scheduler.beat
        store.free.clear()
        clock.move(2)
        await eventually(lambda: store.hangs)
        clock.move(20)
        assert (scheduler.beat, scheduler.stuck()) == (stood, 22)
        store.free.set()
        await eventually(lambda: scheduler.beat == clock.now())
        assert scheduler.stuck() == 0


async def test_one_that_rests_after_a_failure_gives_no_beat_but_does_not_hang() -> None:
    world, clock = World(), HandClock()
    store = Hanging(world)
    async with living(store, clock, world) as scheduler:
        stood = scheduler.beat
        store.fails = True
        clock.move(2)
        await eventually(lambda: store.failed)
        clock.move(0.5)
        assert (scheduler.beat, scheduler.stuck()) == (stood, 0)
        store.fails = False
        clock.move(60)
        await eventually(lambda: scheduler.beat == clock.now())
