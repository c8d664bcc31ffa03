"""One scheduler at work: turn by turn it gathers what has come, decides, writes it in one transaction, and acts.

Nothing is begun before the transaction that records it is committed. When anything goes wrong on the way, the
engine is given up and another one begins from what is stored: there is one way to recover, and it is the same as
after a crash.
"""

import logging
from collections import deque

from atsn_tui.model.dates import SECOND
from atsn_tui.runner.scheduling import asked, dues, ends
from atsn_tui.runner.scheduling.batch import Batch
from atsn_tui.runner.scheduling.book import Book
from atsn_tui.runner.scheduling.context import EngineContext
from atsn_tui.runner.scheduling.decide import Skip
from atsn_tui.runner.scheduling.entry import Begun, Entry
from atsn_tui.runner.scheduling.executor import Ended, Lost, News, Started
from atsn_tui.runner.scheduling.lookout import Lookout
from atsn_tui.runner.scheduling.overdue import Missed
from atsn_tui.runner.scheduling.planning import plan
from atsn_tui.runner.scheduling.recovery import look_back, recover
from atsn_tui.runner.scheduling.setback import set_back
from atsn_tui.runner.scheduling.starting import record, resume_waiting
from atsn_tui.runner.scheduling.state import Item, State
from atsn_tui.store import instants

log = logging.getLogger(__name__)

_AT_ONCE = 200
"""Due tasks, and pieces of news, that are acted on in one turn."""

_FIRST = 8
"""Due tasks of the first turn, and twice as many in each that follows: of many that are due together the first ones
begin before all are decided."""

_PLANNED = 40
"""Tasks whose next time is worked out before anything else has a turn."""

_WRITE_STARTS = 200_000
"""After this long, in µs, it is written that runs have begun; most of them have ended by then."""

_BACK = SECOND
"""A clock that shows a time this much earlier than before was put back."""


class Engine:
    """`open` it, then let it take turns."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._store = context.store
        self._news: deque[News] = deque()
        self._latest = 0
        self._share = _FIRST
        self._unwritten: dict[str, int] = {}
        """Runs of which it is not written yet that they have begun, and since when."""
        book = Book(context.store, context.place, self, context.clock.now)
        begun = Begun(context.begun, context.begun)
        self.state = State(
            context.place,
            context.limits,
            context.allowed,
            begun,
            book,
            batch=self._new_batch(),
            fired=context.fired,
            present=context.present,
        )
        self._lookout = Lookout(context.store, self.state, context.clock.now, context.poll)

    async def open(self) -> None:
        """Take over from the scheduler before. Whatever was on its way goes on, or has an end."""
        state, store = self.state, self._store
        now = self._tick()
        known = await self._context.executor.open(self._hear)
        past = await store.read(lambda db: look_back(db, known))
        if past.leavings:
            self._context.executor.discard(past.leavings)
        boot_id = state.place.boot_id
        booted = await store.write(lambda db: instants.first_start(db, boot_id, state.begun.service))
        state.begun = Begun(state.begun.service, min(booted, now))
        await self._lookout.look()
        while self._lookout.following:
            await self._lookout.follow()
            self._context.stir()
        if not state.present:
            state.present.update(state.book.groups)
        state.now = self._tick()
        self._news.extend(recover(state, known, past))

    async def renew(self, context: EngineContext) -> None:
        """Go on with another place, other limits or another policy. Runs are not disturbed."""
        self._context = context
        state = self.state
        state.limits, state.allowed, state.room = context.limits, context.allowed, True
        if context.place != state.place:
            state.place = context.place
            await state.book.move(context.place)

    def notice(self) -> None:
        """Somebody changed something: look at it at once."""
        self._lookout.noticed = True
        self._context.wake.set()

    async def turn(self) -> float:
        """Do what there is to do; how many seconds there is nothing then, 0 if there is more."""
        self._context.wake.clear()
        now = self._tick()
        if self._lookout.must_look(now):
            await self._lookout.look()
        await self._lookout.follow()
        due = await self._due()
        self.state.now = self._tick()
        self._gather(due)
        await self._commit()
        self._plan_some()
        return self._pause()

    # As the book's listener:

    def planned(self, entry: Entry) -> None:
        """A task is new or was changed."""
        self.state.plan(entry)

    def dropped(self, entry: Entry) -> None:
        """A task is gone."""
        self.state.agenda.remove(entry.key)
        self.state.to_plan.pop(entry.key, None)
        self.state.room = True

    def _new_batch(self) -> Batch:
        return Batch(reported=self._context.reported)

    def _hear(self, news: News) -> None:
        self._news.append(news)
        self._context.wake.set()

    def _tick(self) -> int:
        now = self._context.clock.now()
        if now < self._latest - _BACK:
            set_back(self.state, now, self._latest - now)
        self._latest = now
        return now

    async def _due(self) -> list[Item]:
        """What has come; a task that was changed meanwhile is planned anew instead."""
        book = self.state.book
        taken = self.state.agenda.take(self._tick(), self._share)
        self._share = min(2 * self._share, _AT_ONCE) if len(taken) == self._share else _FIRST
        return [
            item
            for item in taken
            if isinstance(item, str) or not book.behind(item) or await book.catch_up(item)
        ]

    def _gather(self, due: list[Item]) -> None:
        """Everything that has come, decided."""
        state = self.state
        for _ in range(min(len(self._news), _AT_ONCE)):
            self._take_in(self._news.popleft())
        for request in self._lookout.requests:
            asked.answer(state, request)
        self._lookout.requests.clear()
        for item in due:
            if isinstance(item, str):
                state.room = True
            elif (entry := state.book.entry(*item)) is not None:
                self._act(entry)
        if state.room:
            state.room = False
            resume_waiting(state)

    def _act(self, entry: Entry) -> None:
        state = self.state
        try:
            dues.act(state, entry)
        except Exception as error:
            # One task must not keep all others from running. It is looked at again when it is edited, or at the
            # next start.
            log.exception("%s is left out after a fault of ours", entry.path)
            skip = Skip("invalid", f"a fault of ours: {error!r}")
            record(state, entry, skip, "schedule", Missed(state.now, state.now, 1, True))
            state.to_plan.pop(entry.key, None)

    def _take_in(self, news: News) -> None:
        match news:
            case Started():
                if run := ends.began(self.state, news):
                    self._unwritten[run.id] = self.state.now
            case Ended():
                self._unwritten.pop(news.run_id, None)
                ends.ended(self.state, news)
            case Lost(error=error):
                raise error

    async def _commit(self) -> None:
        """Write what was decided, then do it."""
        batch, self.state.batch = self.state.batch, self._new_batch()
        if batch.writes or self._starts_are_old():
            for run_id in self._unwritten:
                if live := self.state.active.get(run_id):
                    batch.change(live.run)
            self._unwritten.clear()
            await self._store.write(batch.apply)
        executor = self._context.executor
        for work in batch.starts:
            executor.start(work)
        for run_id in batch.stops:
            executor.stop(run_id)
        if batch.acknowledged:
            executor.acknowledge(batch.acknowledged)
        for event in batch.events:
            self._context.emit(event)

    def _starts_are_old(self) -> bool:
        oldest = next(iter(self._unwritten.values()), None)
        return oldest is not None and not 0 <= self.state.now - oldest < _WRITE_STARTS

    def _plan_some(self) -> None:
        waiting = self.state.to_plan
        for _ in range(min(len(waiting), _PLANNED)):
            entry = waiting.pop(next(iter(waiting)))
            try:
                plan(self.state, entry)
            except Exception:
                log.exception("%s is left out after a fault of ours", entry.path)

    def _pause(self) -> float:
        state = self.state
        if (
            self._lookout.following
            or state.to_plan
            or self._news
            or state.batch
            or state.room
            or self._lookout.noticed
        ):
            return 0.0
        now = self._context.clock.now()
        pauses = [self._lookout.rest(now)]
        if (first := state.agenda.first()) is not None:
            pauses.append(first - now)
        if self._unwritten:
            pauses.append(_WRITE_STARTS)
        return max(0.0, min(pauses) / SECOND)
