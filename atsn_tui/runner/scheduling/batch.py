"""What one turn of the scheduler comes to: one transaction, and what follows from it once it is committed."""

import sqlite3
from collections.abc import Callable

from atsn_tui.errors import Moved
from atsn_tui.model.run import Decision, Run
from atsn_tui.runner.scheduling.events import NotRun, RunEnded, RunQueued, SchedulerEvent
from atsn_tui.runner.scheduling.executor import Work
from atsn_tui.store import decisions, groups, instants, runs
from atsn_tui.store.instants import Key, Stretch

Write = Callable[[sqlite3.Connection], object]


class Batch:
    """Collects. Nothing of it happens before `apply` has been committed."""

    def __init__(self, *, reported: bool = False) -> None:
        self._reported = reported
        """Nobody wants to be told of ends."""
        self.writes: list[Write] = []
        self.starts: list[Work] = []
        self.stops: list[str] = []
        self.acknowledged: list[str] = []
        self.events: list[SchedulerEvent] = []
        self.ended = 0
        self._decided_in: set[str] = set()
        """The groups of the tasks that were decided on."""

    def __bool__(self) -> bool:
        return bool(self.writes or self.starts or self.stops or self.acknowledged)

    def apply(self, db: sqlite3.Connection) -> None:
        """Write everything. Moved: a group that was decided on has gone since, or has another id."""
        if not groups.all_there(db, self._decided_in):
            raise Moved("a group was removed, or took another id, while its tasks were decided on")
        for write in self.writes:
            write(db)

    def write(self, write: Write) -> None:
        """Add any other write."""
        self.writes.append(write)

    def begin(self, work: Work, body: bytes, *, new: bool) -> None:
        """A run is recorded as starting, and is started then."""
        self._put(work.run, body, new)
        self.starts.append(work)

    def queue(self, run: Run, body: bytes) -> None:
        """A new run waits."""
        self._put(run, body, True)
        self.events.append(RunQueued(run))

    def change(self, run: Run) -> None:
        """A run is in another state."""
        self.writes.append(lambda db: runs.change(db, run))

    def end(self, run: Run) -> None:
        """A run is over."""
        self.change(run)
        if self._reported:
            self.writes.append(lambda db: runs.set_reported(db, [run.id]))
        self.events.append(RunEnded(run))
        self.ended += 1

    def handled(self, key: Key, before: tuple[Stretch, ...], after: tuple[Stretch, ...]) -> None:
        """A due time of the task was handled."""
        self._decided_in.add(key[0])
        self.writes.append(lambda db: instants.set_stretches(db, key, before, after))

    def decide(self, decision: Decision) -> None:
        """Due times do not run."""
        self._decided_in.add(decision.group_id)
        self.writes.append(lambda db: decisions.add(db, decision))
        self.events.append(NotRun(decision))

    def _put(self, run: Run, body: bytes, new: bool) -> None:
        self._decided_in.add(run.group_id)
        if new:
            self.writes.append(lambda db: runs.put(db, run, body))
            self.writes.append(lambda db: instants.set_decision(db, run.group_id, run.task_id, None))
        else:
            self.writes.append(lambda db: runs.change(db, run, body))
