"""What the scheduling loop costs. By hand: python -m tests.benchmarks.loop [TASKS]

Runs are those of the in-memory executor, so only the loop and the database are measured. Times drift with the
machine; the ratios hold.

With real processes: python -m tests.benchmarks.loop --live [MINUTES] lives through so many minutes of second and
minute schedules, checks that each due time ran once, and says how late the runs began.
"""

import asyncio
import contextlib
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from atsn_tui.home.home import Home
from atsn_tui.model import codec
from atsn_tui.model.record import Origin
from atsn_tui.model.run import Run
from atsn_tui.model.settings import Holidays, Settings
from atsn_tui.model.task import Command, Options, Task
from atsn_tui.runner.execution.actions import perform
from atsn_tui.runner.execution.executor import NodeExecutor
from atsn_tui.runner.execution.inside import Inside
from atsn_tui.runner.scheduling.events import RunEnded
from atsn_tui.runner.scheduling.memory import MemoryExecutor
from atsn_tui.runner.scheduling.moments import to_micros
from atsn_tui.runner.scheduling.place import Place
from atsn_tui.runner.scheduling.retention import Retention
from atsn_tui.runner.scheduling.scheduler import Scheduler
from atsn_tui.runner.scheduling.times import Times
from atsn_tui.store import Store, changes, decisions, groups, runs
from atsn_tui.store.changes import Edit, Entry

GROUP = "0a000000-0000-4000-8000-000000000000"
LOCAL = Origin(who="bench")
SECOND = 1_000_000
AT_ONCE = 100
ROUNDS = 5
IDLE = 20.0
"""Seconds of idling that are measured."""

COMMAND = "/usr/local/bin/job --number {0} --verbose >> /var/log/job-{0}.log 2>&1"


def now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


def task_id(number: int) -> str:
    """The id of the nth task."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def task(number: int, *schedules: str) -> Task:
    """A task as people write them."""
    return Task(
        name=f"job-{number}",
        folder=f"folder-{number % 100}",
        action=Command(command=COMMAND.format(number)),
        schedules=schedules,
        options=Options(timeout=3600, overlap="parallel"),
    )


def daily(number: int) -> Task:
    """Due once a day, but not soon."""
    soon = (time.localtime().tm_hour + 2 + number % 20) % 24
    return task(number, f"{number // 20 % 60} {soon} * * *")


async def fill(store: Store, tasks: dict[str, Task]) -> None:
    """Make them the tasks of the group."""
    entry = Entry(kind="edit", at=now(), who="bench", source="bench", summary="benchmark")
    settings = codec.record(GROUP, now(), Settings(name="jobs"))
    if not await store.read(lambda db: groups.head(db, GROUP)):
        await store.write(lambda db: groups.create_group(db, settings, False, LOCAL, entry))
    edits = [Edit(key, codec.record(key, now(), each), LOCAL) for key, each in tasks.items()]
    await store.write(lambda db: changes.commit(db, GROUP, edits, entry))


class Bench:
    """A scheduler on a real store, with runs that end at once."""

    def __init__(self, store: Store) -> None:
        self.late: list[float] = []
        self.ended = 0
        loop = asyncio.get_running_loop()
        self.executor = MemoryExecutor(
            now, lambda after, call: loop.call_later(after / SECOND, call) and None
        )
        plan = self.executor.plan

        def watch(work: object) -> object:
            self.late.append((now() - work.run.due) / 1000)  # type: ignore[attr-defined]
            return plan(work)  # type: ignore[arg-type]

        self.executor.plan = watch  # type: ignore[assignment]
        place = Place(node_id="n-bench", name="bench", boot_id="boot", zone="Europe/Berlin")
        self.scheduler = Scheduler(store, self.executor, place, emit=self._hear)

    def _hear(self, event: object) -> None:
        self.ended += isinstance(event, RunEnded)


@contextlib.asynccontextmanager
async def running(bench: Bench):  # type: ignore[no-untyped-def]
    """The scheduler at work."""
    life = asyncio.create_task(bench.scheduler.run())
    try:
        yield bench
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)


async def until(condition: Callable[[], bool], patience: float = 600.0) -> None:
    """Wait for something."""
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def cpu() -> float:
    """Processor time of this process, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def due_times() -> None:
    """How many due times are computed in a second."""
    start = to_micros(datetime(2026, 11, 22, tzinfo=UTC))
    for what, schedules in (
        (
            "one expression after the other, each its own",
            [f"{n % 60} {n // 60 % 24} {n // 1440 + 1} * *" for n in range(5000)],
        ),
        ("5,000 tasks that share 60 expressions", [f"{n % 60} 3 * * *" for n in range(5000)]),
        ("intervals", ["every 15m"] * 5000),
    ):
        times = [
            Times(task(number, each), Holidays(), "Europe/Berlin", task_id(number), "n")
            for number, each in enumerate(schedules)
        ]
        began = time.perf_counter()
        for each in times:
            each.due(start)
        took = time.perf_counter() - began
        print(f"due times, {what:48} {len(times) / took:10,.0f} /s")


async def load_and_idle(home: Home, tasks: int) -> None:
    """How long it takes to load so many tasks, and what it costs to wait with them."""
    async with await Store.create(home, "n-bench") as store:
        await fill(store, {task_id(number): daily(number) for number in range(1, tasks + 1)})
        for what in ("first start ever", "start"):
            bench = Bench(store)
            began, before = time.perf_counter(), cpu()
            async with running(bench):
                await until(lambda bench=bench: _planned(bench, tasks))
                print(
                    f"{tasks:8,} tasks, {what:20} {time.perf_counter() - began:6.1f} s until all are planned"
                    f" ({cpu() - before:.1f} s of processor time)"
                )
                if what == "start":
                    await _idle(tasks)
                    await _edit_one(store, bench, tasks)


def _planned(bench: Bench, tasks: int) -> bool:
    engine = bench.scheduler._engine
    return engine is not None and len(engine.state.agenda) >= tasks and not engine.state.to_plan


async def _idle(tasks: int) -> None:
    await asyncio.sleep(1)
    before = cpu()
    await asyncio.sleep(IDLE)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{tasks:8,} tasks, idle                 {(cpu() - before) / IDLE:6.2%} of a core, {memory:.0f} MB at most"
    )


async def _edit_one(store: Store, bench: Bench, tasks: int) -> None:
    """From the commit of an edit to the run that it makes due."""
    took = []
    for number in range(1, ROUNDS + 1):
        bench.late.clear()
        due = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 1.2))
        edited = task(number, f"at {due}")
        edited = Task(
            **{**{name: getattr(edited, name) for name in edited.__struct_fields__}, "timezone": "UTC"}
        )
        await fill(store, {task_id(number): edited})
        began = time.perf_counter()
        bench.scheduler.notice()
        await until(
            lambda: not bench.scheduler._engine._noticed and not bench.scheduler._engine.state.to_plan
        )  # type: ignore[union-attr]
        took.append(time.perf_counter() - began)
        await until(lambda: bool(bench.late))
    print(f"{tasks:8,} tasks, an edit is noticed   {1000 * min(took):6.1f} ms after the commit")


async def lateness(home: Home, tasks: int) -> None:
    """How late runs begin that are due at once, beside many that are not."""
    async with await Store.create(home, "n-bench") as store:
        quiet = {task_id(number): daily(number) for number in range(1, tasks + 1)}
        loud = {task_id(10**6 + number): task(number, "every 2s") for number in range(AT_ONCE)}
        await fill(store, quiet)
        bench = Bench(store)
        async with running(bench):
            await until(lambda: _planned(bench, tasks))
            await fill(store, loud)
            bench.scheduler.notice()
            firsts, medians, lasts = [], [], []
            for _ in range(ROUNDS):
                await until(lambda: len(bench.late) >= AT_ONCE and bench.ended >= len(bench.late))
                late = sorted(bench.late[:AT_ONCE])
                bench.late.clear()
                bench.ended = 0
                firsts.append(late[0])
                medians.append(late[AT_ONCE // 2])
                lasts.append(late[AT_ONCE * 99 // 100])
        print(
            f"{tasks:8,} tasks, {AT_ONCE} due at once: first {min(firsts):.1f} ms, p50 {min(medians):.1f} ms,"
            f" p99 {min(lasts):.1f} ms (worst round: {max(firsts):.1f}, {max(medians):.1f}, {max(lasts):.1f})"
        )


async def throughput(home: Home) -> None:
    """How many runs are recorded, begun and ended in a second."""
    async with await Store.create(home, "n-bench") as store:
        tasks = {task_id(number): task(number, "@startup") for number in range(1, 5001)}
        await fill(store, tasks)
        bench = Bench(store)
        async with running(bench):
            await until(lambda: bench.ended > 0)
            began, before, ended = time.perf_counter(), cpu(), bench.ended
            await until(lambda: bench.ended >= len(tasks))
            took, runs = time.perf_counter() - began, len(tasks) - ended
            print(
                f"{runs:8,} runs at once             {runs / took:8,.0f} runs/s,"
                f" {1000 * (cpu() - before) / runs:.2f} ms of processor time each"
            )


async def live(home: Home, minutes: float) -> None:
    """Real time, real jobs: each due time once, and how late."""
    tasks = {
        **{task_id(number): task(number, "every 1s") for number in range(1, 6)},
        **{task_id(number): task(number, "*/10 * * * * *") for number in range(11, 31)},
        **{task_id(number): task(number, "* * * * *") for number in range(101, 201)},
    }
    tasks = {
        key: replace(each, action=Command(argv=("/bin/true",)), directory="/") for key, each in tasks.items()
    }
    async with await Store.create(home, "n-bench") as store:
        await fill(store, tasks)
        executor = NodeExecutor(home, "bench", {}, Inside(home, perform))
        keeping = Retention(runs_per_task=10**6, runs=10**7)
        place = Place(node_id="n-bench", name="bench", boot_id="boot")
        scheduler = Scheduler(store, executor, place, retention=keeping)
        began = now()
        life = asyncio.create_task(scheduler.run())
        before = cpu()
        await asyncio.sleep(60 * minutes)
        ended, used = now(), cpu() - before
        await asyncio.sleep(2)
        keeper = executor._keeper.pid if executor._keeper else 0
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        os.kill(keeper, signal.SIGTERM)
        recorded = await store.read(runs.list_runs)
        told = await store.read(decisions.list_decisions)
    _judge(tasks, recorded, began + 2 * SECOND, ended)
    print(
        f"{used / 60 / minutes:.1%} of a core in this process; {sum(each.count for each in told)} due times did not run"
    )
    for each in told[:5]:
        print(f"  {each.path}: {each.kind}, {each.count}: {each.text}")


def _judge(tasks: dict[str, Task], recorded: list[Run], since: int, until: int) -> None:
    """Each due time between the two moments ran exactly once."""
    ran: dict[str, list[int]] = {key: [] for key in tasks}
    late: list[float] = []
    for run in recorded:
        if since < run.due <= until:
            ran[run.task_id].append(run.due)
            if run.started is not None:
                late.append((run.started - run.due) / 1000)
    wrong = expected = 0
    for key, each in tasks.items():
        times = Times(each, Holidays(), "UTC", key, "n-bench")
        dues: list[int] = []
        position = since
        while (due := times.due(position)) is not None and due <= until:
            dues.append(due)
            position = due
        expected += len(dues)
        wrong += sorted(ran[key]) != dues
    late.sort()
    shares = ", ".join(f"p{part} {late[len(late) * part // 100]:.1f}" for part in (1, 50, 90, 99))
    print(f"{expected:,} due times, {len(late):,} runs, {wrong} tasks with a due time that ran not once")
    print(f"began late by, in ms: {shares}, at most {late[-1]:.1f}")


async def main(tasks: int) -> None:
    """Everything."""
    due_times()
    with tempfile.TemporaryDirectory() as place:

        def home(name: str) -> Home:
            path = Path(place) / name
            path.mkdir(mode=0o700)
            return Home(path)

        await throughput(home("runs"))
        await lateness(home("few"), 1000)
        await lateness(home("many"), tasks)
        await load_and_idle(home("small"), tasks // 100)
        await load_and_idle(home("large"), tasks)


async def main_live(minutes: float) -> None:
    """Only that."""
    with tempfile.TemporaryDirectory() as place:
        await live(Home(Path(place)), minutes)


if __name__ == "__main__":
    if "--live" in sys.argv:
        asyncio.run(main_live(float(sys.argv[2]) if len(sys.argv) > 2 else 30))
    else:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
