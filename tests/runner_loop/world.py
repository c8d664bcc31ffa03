"""A node without threads, processes or a real clock: days pass in no time, and crashes come where they are told."""

import asyncio
import heapq
import itertools
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from atsn_tui.model import codec
from atsn_tui.model.record import Origin
from atsn_tui.model.run import ACTIVE, Decision, GroupHere, Hold, Request, Run
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Options, Task
from atsn_tui.runner.scheduling.events import SchedulerEvent
from atsn_tui.runner.scheduling.executor import Ended, Work
from atsn_tui.runner.scheduling.memory import MemoryExecutor
from atsn_tui.runner.scheduling.place import Place
from atsn_tui.runner.scheduling.retention import Retention
from atsn_tui.runner.scheduling.scheduler import Scheduler
from atsn_tui.store import changes, decisions, groups, holds, requests, runs, standby
from atsn_tui.store.changes import Edit, Entry
from tests.store.samples import memory

T = TypeVar("T")

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

GROUP = "0a000000-0000-4000-8000-000000000000"
LOCAL = Origin(who="ada")


class Over(BaseException):
    """The time that was to pass has passed."""


class Crash(BaseException):
    """The service was killed."""


def micros(text: str) -> int:
    """The moment of an RFC 3339 date, in µs."""
    return round(datetime.fromisoformat(text).timestamp()) * SECOND


def task_id(number: int) -> str:
    """The id of the nth task."""
    return f"{number:08x}-0000-4000-8000-000000000000"


class Records:
    """A database in memory. `crash_at` counts transactions down; at 0 the service is killed before or after it."""

    def __init__(self) -> None:
        self.db = memory()
        self.crash_at: int | None = None
        self.crash_after = False
        self.fail: Exception | None = None
        self.written = 0

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        self.db.execute("BEGIN")
        try:
            return function(self.db)
        finally:
            self.db.execute("ROLLBACK")

    async def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error
        crash = False
        if self.crash_at is not None:
            self.crash_at -= 1
            crash = self.crash_at <= 0
            if crash:
                self.crash_at = None
        if crash and not self.crash_after:
            raise Crash
        result = self.change(function)
        if crash:
            raise Crash
        return result

    def change(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """As another process would."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            result = function(self.db)
            self.db.execute("COMMIT")
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.written += 1
        return result

    async def data_version(self) -> int:
        return self.written


class SimulatedClock:
    """Time passes only when somebody waits. The wall clock can be set; what passes cannot."""

    def __init__(self, start: int) -> None:
        self.passed = 0
        self.end: int | None = None
        self._offset = start
        self._calls: list[tuple[int, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def now(self) -> int:
        return self.passed + self._offset

    def monotonic(self) -> float:
        return self.passed / SECOND

    def jump(self, by: int) -> None:
        """Somebody set the clock."""
        self._offset += by

    def later(self, after: int, call: Callable[[], None]) -> None:
        """Call something when so much time has passed."""
        heapq.heappush(self._calls, (self.passed + after, next(self._count), call))

    async def wait(self, seconds: float, wake: asyncio.Event) -> None:
        target = self.passed + max(1, round(seconds * SECOND))
        await asyncio.sleep(0)
        while not wake.is_set():
            at = self._calls[0][0] if self._calls else None
            if at is not None and at <= target and (self.end is None or at <= self.end):
                self.passed = max(self.passed, at)
                heapq.heappop(self._calls)[2]()
                await asyncio.sleep(0)
            elif self.end is not None and target > self.end:
                self.passed = self.end
                raise Over
            else:
                self.passed = target
                return


class World:
    """A node, and the people who use it."""

    def __init__(
        self, start: str = "2026-11-22T08:00:00+00:00", zone: str = "UTC", poll: float = 86_400.0
    ) -> None:
        self.clock = SimulatedClock(micros(start))
        self.store = Records()
        self.executor = MemoryExecutor(self.clock.now, self.clock.later, self._plan)
        self.place = Place(node_id="n-here", name="hq", tags=("web",), zone=zone, boot_id="boot-1")
        self.options: dict[str, object] = {"retention": Retention(runs_per_task=10**6, runs=10**6)}
        self.durations: dict[str, int] = {}
        """How long a task's runs take, in µs; by its name. Others end at once."""
        self.exits: dict[str, list[int]] = {}
        """The exit codes of a task's next runs; by its name. Others succeed."""
        self.events: list[SchedulerEvent] = []
        self.scheduler: Scheduler | None = None
        self.starts = 0
        """How often a service was started."""
        self._poll = poll
        self._ids = itertools.count(1)
        self.add_group()

    # What people do:

    def add_group(
        self, group_id: str = GROUP, name: str = "jobs", replicated: bool = False, **fields: object
    ) -> None:
        settings = codec.record(group_id, self.now, Settings(name=name, **fields))  # type: ignore[arg-type]
        self._write(lambda db: groups.create_group(db, settings, replicated, LOCAL, self._entry()))

    def change_settings(self, group_id: str = GROUP, **fields: object) -> None:
        def write(db: sqlite3.Connection) -> None:
            row = groups.get_group(db, group_id)
            assert row is not None
            before = codec.decode_settings(row.settings.body)
            after = codec.record(group_id, self.now, replace(before, **fields))
            changes.commit(db, group_id, [Edit(group_id, after, LOCAL)], self._entry())

        self._write(write)

    def put(
        self,
        number: int,
        *schedules: str,
        group_id: str = GROUP,
        origin: Origin = LOCAL,
        options: Options | None = None,
        **fields: object,
    ) -> str:
        """Add or change the nth task, which is called t1, t2, …"""
        task = Task(
            name=str(fields.pop("name", f"t{number}")),
            action=Command(command="true"),
            schedules=schedules,
            options=options or Options(),
            **fields,  # type: ignore[arg-type]
        )
        record = codec.record(task_id(number), self.now, task)
        self._write(lambda db: changes.commit(db, group_id, [Edit(record.id, record, origin)], self._entry()))
        return record.id

    def remove(self, number: int, group_id: str = GROUP) -> None:
        self._write(
            lambda db: changes.commit(db, group_id, [Edit(task_id(number), None, LOCAL)], self._entry())
        )

    def hold(self, number: int | None = None, group_id: str | None = GROUP, until: int | None = None) -> None:
        hold = Hold(
            group_id=group_id,
            task_id=None if number is None else task_id(number),
            until=until,
            who="ada",
            at=self.now,
        )
        self._write(lambda db: holds.put(db, hold))

    def release(self, number: int | None = None, group_id: str | None = GROUP) -> None:
        self._write(lambda db: holds.remove(db, group_id, None if number is None else task_id(number)))

    def run_here(self, here: GroupHere, group_id: str = GROUP) -> None:
        self._write(lambda db: standby.put(db, group_id, here))

    def ask(self, kind: str, number: int = 0, run_id: str = "", group_id: str = GROUP) -> str:
        request = Request(
            id=f"q{next(self._ids)}",
            kind=kind,
            who="ada",
            source="test",
            at=self.now,
            group_id=group_id,
            task_id=task_id(number) if number else "",
            run_id=run_id,
        )
        self._write(lambda db: requests.add(db, request))
        return request.id

    def _write(self, function: Callable[[sqlite3.Connection], object]) -> None:
        self.store.change(function)
        if self.scheduler is not None:
            self.scheduler.notice()

    def _entry(self) -> Entry:
        return Entry(kind="edit", at=self.now, who="ada", source="test", summary="a change")

    # How time passes:

    @property
    def now(self) -> int:
        return self.clock.now()

    def at(self, after: int, call: Callable[[], object]) -> None:
        """Do something when so much time has passed from now."""
        self.clock.later(after, lambda: (call(), None)[1])

    def start(self) -> Scheduler:
        """Start a service."""
        self.starts += 1
        self.scheduler = Scheduler(
            self.store,
            self.executor,
            self.place,
            clock=self.clock,
            emit=self.events.append,
            poll=self._poll,
            **self.options,  # type: ignore[arg-type]
        )
        return self.scheduler

    async def live(self, length: int) -> None:
        """A service runs for so long, and is killed at the end. Where it crashes before, another is started."""
        self.clock.end = self.clock.passed + length
        while self.clock.passed < self.clock.end:
            scheduler = self.start()
            try:
                await scheduler.run()
            except Crash:
                continue
            except Over:
                break
            finally:
                self.scheduler = None
        self.clock.end = None

    async def sleep(self, length: int) -> None:
        """No service runs for so long."""
        self.clock.end = self.clock.passed + length
        try:
            while True:
                await self.clock.wait(length / SECOND + 1, asyncio.Event())
        except Over:
            self.clock.end = None

    def reboot(self, boot_id: str) -> None:
        """The machine was restarted."""
        self.executor.boot()
        self.place = replace(self.place, boot_id=boot_id)

    # What can be seen:

    def runs(self, number: int | None = None, group_id: str = GROUP) -> list[Run]:
        """The records of runs, oldest first."""
        found = runs.list_runs(self.store.db, group_id, None if number is None else task_id(number))
        return found[::-1]

    def decisions(self, number: int | None = None, group_id: str = GROUP) -> list[Decision]:
        """The decisions, oldest first."""
        found = decisions.list_decisions(self.store.db, group_id, None if number is None else task_id(number))
        return found[::-1]

    def request(self, request_id: str) -> Request:
        found = requests.get(self.store.db, request_id)
        assert found is not None
        return found

    def begun(self, number: int) -> list[int]:
        """The due times of the task's runs that really began, in order."""
        return [work.run.due for work in self.executor.begun if work.run.task_id == task_id(number)]

    def check(self) -> None:
        """What must hold of every story: no phantom, and no run that began twice."""
        began = [work.run.id for work in self.executor.begun]
        assert len(began) == len(set(began))
        recorded = {run.id: run for run in runs.list_runs(self.store.db)}
        for run in recorded.values():
            if run.state in ACTIVE - {"queued"}:
                assert run.id in self.executor.living or run.id in self.executor.untold, f"a phantom: {run}"
        assert set(began) <= recorded.keys()

    def _plan(self, work: Work) -> tuple[int, Ended]:
        name = work.task.name
        codes = self.exits.get(name)
        code = codes.pop(0) if codes else 0
        return self.durations.get(name, 0), Ended(run_id=work.run.id, how="ended", exit_code=code)


def shown(dues: list[int], zone: str) -> list[str]:
    """Due times as the clock of a zone shows them, with its offset."""
    from zoneinfo import ZoneInfo

    return [datetime.fromtimestamp(due / SECOND, ZoneInfo(zone)).strftime("%d. %H:%M:%S%z") for due in dues]
