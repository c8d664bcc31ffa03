"""The scheduler of a running service: it runs the node's tasks until it is cancelled."""

import asyncio
import gc
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from atsn_tui.errors import AtsnError, Moved
from atsn_tui.model.dates import SECOND
from atsn_tui.runner.scheduling.clock import Clock, SystemClock
from atsn_tui.runner.scheduling.context import EngineContext
from atsn_tui.runner.scheduling.engine import Engine
from atsn_tui.runner.scheduling.events import RunEnded, SchedulerEvent
from atsn_tui.runner.scheduling.executor import Executor
from atsn_tui.runner.scheduling.place import Allowed, Limits, Place, everything
from atsn_tui.runner.scheduling.records import Records
from atsn_tui.runner.scheduling.reporting import OnEnd, Reporter
from atsn_tui.runner.scheduling.retention import Retention
from atsn_tui.runner.scheduling.sweep import sweep_all, sweep_tasks
from atsn_tui.store.instants import Key

log = logging.getLogger(__name__)

_SHORTEST_REST, _LONGEST_REST = 1.0, 60.0
"""Seconds between an engine that failed and the next one."""

_SWEEP, _SWEEP_ALL = 30 * SECOND, 3600 * SECOND
"""How often old records are forgotten, in µs."""

_STEADY, _LEAP = 3600 * SECOND, 600 * SECOND
"""For so long, in µs, time must have passed without leaps before anything is forgotten for its age: a clock that is
wrong for a moment must not take the records of years."""

_MANY = 5_000
"""From so many tasks on it takes long to look through all objects for garbage."""

_SWEPT = 50
"""Tasks that are swept at once."""

_LEISURE = 0.2
"""Old records are forgotten only if nothing is due for so many seconds."""


class Scheduler:
    """Runs tasks. One per node may live, which the service's lock sees to.

    `allowed` is this node's policy. `on_end` is told of every end once, by and by, and again after a crash if it
    had not finished; `emit` is told of everything at once and `on_turn` of every `beat`: they must neither wait nor
    fail.
    """

    def __init__(
        self,
        store: Records,
        executor: Executor,
        place: Place,
        *,
        clock: Clock | None = None,
        limits: Limits | None = None,
        allowed: Allowed = everything,
        retention: Retention | None = None,
        on_end: OnEnd | None = None,
        emit: Callable[[SchedulerEvent], None] | None = None,
        on_turn: Callable[[int], None] | None = None,
        poll: float = 1.0,
    ) -> None:
        self._clock = clock or SystemClock()
        self._retention = retention or Retention()
        self._listener = emit
        self._reporter = None if on_end is None else Reporter(store, on_end)
        self._engine: Engine | None = None
        self._changed = False
        self._swept = self._swept_all = self._steady_since = 0
        self.beat = 0
        """When it last took a turn, in µs since the epoch: a second ago at the most, if all is well.

        A turn counts when all that it decided is stored and handed on. While the scheduler cannot begin, hangs, or
        rests after a failure, this stands still, however well the event loop turns.
        """
        self._on_turn = on_turn
        self._stirred = self._clock.monotonic()
        self._rests = False
        self._context = EngineContext(
            store=store,
            executor=executor,
            clock=self._clock,
            place=place,
            limits=limits or Limits(),
            allowed=allowed,
            emit=self._emit,
            begun=self._clock.now(),
            poll=poll,
            reported=on_end is None,
            stir=self._stir,
        )

    def stuck(self) -> float:
        """For how many seconds it has not got on with anything. One that rests after a failure is not stuck."""
        return 0.0 if self._rests else self._clock.monotonic() - self._stirred

    def notice(self) -> None:
        """Something was changed in the store: look at it at once, not at the next poll."""
        if self._engine is not None:
            self._engine.notice()

    def change(
        self,
        *,
        place: Place | None = None,
        limits: Limits | None = None,
        allowed: Allowed | None = None,
        retention: Retention | None = None,
    ) -> None:
        """Go on with other options. Runs are not disturbed."""
        context = self._context
        self._context = replace(
            context,
            place=place or context.place,
            limits=limits or context.limits,
            allowed=allowed or context.allowed,
        )
        self._retention = retention or self._retention
        self._changed = True
        context.wake.set()

    async def run(self) -> None:
        """Run tasks until cancelled; runs live on then. What fails is logged, and begun anew."""
        telling = None if self._reporter is None else asyncio.create_task(self._reporter.run())
        rest = _SHORTEST_REST
        try:
            while True:
                begun = self._clock.now()
                try:
                    await self._live()
                except Moved as moved:
                    log.info("the scheduler begins anew: %s", moved)
                    continue
                except AtsnError as error:
                    log.error("the scheduler begins anew: %s", error)
                except Exception:
                    log.exception("the scheduler begins anew after a fault of ours")
                if self._clock.now() - begun > _LONGEST_REST * SECOND:
                    rest = _SHORTEST_REST
                self._context.wake.clear()
                await self._rest(rest)
                rest = min(2 * rest, _LONGEST_REST)
        finally:
            self._engine = None
            if telling is not None:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
            await self._context.executor.close()

    async def _live(self) -> NoReturn:
        """One engine, until it fails."""
        self._changed = False
        engine = Engine(self._context)
        gc.unfreeze()
        await engine.open()
        self._engine = engine
        settled = False
        while True:
            if self._changed:
                self._changed = False
                await engine.renew(self._context)
            pause = await engine.turn()
            self._feel()
            if pause and not settled:
                settled = True
                if len(engine.state.book) >= _MANY:
                    _set_aside()
            if pause >= _LEISURE and await self._sweep(engine):
                continue
            if pause:
                await self._clock.wait(pause, self._context.wake)
            else:
                await asyncio.sleep(0)

    async def _rest(self, seconds: float) -> None:
        """Wait before another engine is tried."""
        self._rests = True
        try:
            await self._clock.wait(seconds, asyncio.Event())
        finally:
            self._rests = False
            self._stir()

    def _stir(self) -> None:
        """It got on with something."""
        self._stirred = self._clock.monotonic()

    def _feel(self) -> None:
        """Another turn was taken."""
        self._stir()
        now = self._clock.now()
        if not 0 <= now - self.beat < _LEAP:
            self._steady_since = now
        self.beat = now
        if self._on_turn is not None:
            self._on_turn(now)

    def _emit(self, event: SchedulerEvent) -> None:
        if self._reporter is not None and isinstance(event, RunEnded):
            self._reporter.wake()
        if self._listener is not None:
            self._listener(event)

    async def _sweep(self, engine: Engine) -> bool:
        """Forget some old records, if it is time to; whether there may be more."""
        now, touched = self._clock.now(), engine.state.touched
        gone: list[str] = []
        more = False
        if touched and not 0 <= now - self._swept < _SWEEP:
            keys = [touched.pop() for _ in range(min(len(touched), _SWEPT))]
            gone += await self._forget(keys)
            more = bool(touched)
            self._swept = self._swept if more else now
        if now - self._steady_since >= _STEADY and not 0 <= now - self._swept_all < _SWEEP_ALL:
            retention = self._retention
            old = await self._context.store.write(lambda db: sweep_all(db, retention, now))
            gone += old
            more = more or bool(old)
            self._swept_all = self._swept_all if old else now
        if gone:
            self._context.executor.discard(gone)
        return more

    async def _forget(self, keys: list[Key]) -> list[str]:
        retention = self._retention
        return await self._context.store.write(lambda db: sweep_tasks(db, keys, retention))


def _set_aside() -> None:
    """Tell Python that what is there now will stay: looking through 100,000 tasks would make runs late by 0.1 s."""
    gc.collect()
    gc.freeze()
