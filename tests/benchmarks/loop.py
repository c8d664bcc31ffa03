"""What the scheduling loop costs. By hand: python -m tests.benchmarks.loop [TASKS]

Runs are those of the in-memory executor, so only the loop and the database are measured. Times drift with the
machine; the ratios hold. With real processes and in real time: tests.benchmarks.half_hour.
"""

import asyncio
import contextlib
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from atsn_tui.home.home import Home
from atsn_tui.model import codec
from atsn_tui.model.dates import to_micros
from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Holidays, Settings
from atsn_tui.model.task import Command, Options, Task
from atsn_tui.runner.scheduling.events import RunEnded
from atsn_tui.runner.scheduling.memory import MemoryExecutor
from atsn_tui.runner.scheduling.place import Place
from atsn_tui.runner.scheduling.scheduler import Scheduler
from atsn_tui.runner.scheduling.times import Times
from atsn_tui.store import Store, changes, groups
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


async def load_and_idle(home: Home, tasks: int) -> float:
    """How long it takes to load so many tasks, and what share of a core it costs to wait with them."""
    idle = 0.0
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
                    idle = await _idle(tasks)
                    await _edit_one(store, bench, tasks)
    return idle


def _planned(bench: Bench, tasks: int) -> bool:
    engine = bench.scheduler._engine
    return engine is not None and len(engine.state.agenda) >= tasks and not engine.state.to_plan


async def _idle(tasks: int) -> float:
    await asyncio.sleep(1)
    before = cpu()
    await asyncio.sleep(IDLE)
    share = (cpu() - before) / IDLE
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{tasks:8,} tasks, idle                 {share:6.2%} of a core, {memory:.0f} MB at most")
    return share


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
            lambda: not bench.scheduler._engine._lookout.noticed and not bench.scheduler._engine.state.to_plan
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
            f"{tasks:8,} tasks, {AT_ONCE} due at once, median of the rounds: first {median(firsts):.1f} ms,"
            f" p50 {median(medians):.1f} ms, p99 {median(lasts):.1f} ms"
            f" (worst round: {max(firsts):.1f}, {max(medians):.1f}, {max(lasts):.1f})"
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
        small = await load_and_idle(home("small"), tasks // 100)
        large = await load_and_idle(home("large"), tasks)
        print(
            f"idling with {tasks:,} tasks costs {large / small:.2f} times what it costs with {tasks // 100:,}"
        )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
