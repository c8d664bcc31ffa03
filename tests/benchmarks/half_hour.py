"""Lives through half an hour of second and minute schedules with a real service. By hand:

    python -m tests.benchmarks.half_hour [--minutes 30] [--home DIRECTORY]

Each job writes down itself that it ran, for which due time and when, so nothing here rests on what the service says.
At the end each due time must stand there exactly once. Says how late the jobs began, by their own clock (which
includes a shell and a `date`) and by the service's record, and what service and keeper used.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from atsn_tui.home.home import Home
from atsn_tui.model.dates import to_micros
from atsn_tui.model.run import Run
from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Command, Task
from atsn_tui.node.node import Node
from atsn_tui.runner.scheduling.times import Times
from atsn_tui.store import Store, decisions, runs
from tests.benchmarks.loop import SECOND, fill, now, task, task_id

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")

Marks = dict[tuple[str, int], list[int]]
"""When the jobs of a task and a due time began, in µs."""


def jobs(marks: Path) -> dict[str, Task]:
    """5 tasks each second, 20 every ten seconds, 100 each minute: that is at times 125 at once."""
    schedules = ["every 1s"] * 5 + ["*/10 * * * * *"] * 20 + ["* * * * *"] * 100
    command = Command(command=f'echo "$ATSN_TASK_ID $ATSN_DUE $(date +%s%6N)" >> {marks}')
    return {
        task_id(number): replace(task(number, each), action=command, directory="/")
        for number, each in enumerate(schedules, 1)
    }


def expected(tasks: dict[str, Task], since: int, until: int) -> set[tuple[str, int]]:
    """Every task and due time after `since` and up to `until`."""
    found = set()
    for key, each in tasks.items():
        times, position = Times(each, Holidays(), "UTC", key, "bench"), since
        while (due := times.due(position)) is not None and due <= until:
            found.add((key, due))
            position = due
    return found


def read_marks(path: Path) -> Marks:
    """What the jobs have written."""
    found: Marks = {}
    for line in path.read_text().splitlines():
        key, due, began = line.split()
        moment = datetime.strptime(due, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        found.setdefault((key, to_micros(moment)), []).append(int(began))
    return found


def used(pid: int) -> tuple[float, float]:
    """Seconds of processor time of a process alone, and MB of memory."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return (int(stat[11]) + int(stat[12])) / TICKS, resident * PAGE / 1e6


def spread(late: list[float]) -> str:
    """Lateness in ms, in words."""
    late.sort()
    parts = ", ".join(f"p{part} {late[len(late) * part // 100]:.1f}" for part in (1, 50, 90, 99))
    return f"{parts}, at most {late[-1]:.1f} ms"


async def live(home: Home, minutes: float) -> tuple[int, int, list[Run], list[str]]:
    """The service at work for so long; from when to when, the runs that are still recorded, what was said."""
    serve = [sys.executable, "-m", "atsn_tui", "--home", str(home.path), "serve"]
    with (home.path.parent / "service.err").open("wb") as err:
        service = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=err)  # noqa: ASYNC220
    assert service.stdout is not None
    await asyncio.to_thread(service.stdout.readline)
    began = now() + 2 * SECOND
    await asyncio.sleep(5)
    keeper = int((home.path / "keeper.lock").read_text())
    before = {name: used(pid) for name, pid in (("service", service.pid), ("keeper", keeper))}
    start = time.monotonic()
    await asyncio.sleep(60 * minutes - 5)
    took, ended = time.monotonic() - start, now()
    said = []
    for name, pid in (("service", service.pid), ("keeper", keeper)):
        cpu, memory = used(pid)
        share = (cpu - before[name][0]) / took
        said.append(
            f"{name}: {share:.2%} of a core, {before[name][1]:.0f} MB at first, {memory:.0f} MB at last"
        )
    await asyncio.sleep(2)
    service.send_signal(signal.SIGTERM)
    stopping = time.monotonic()
    code = await asyncio.to_thread(service.wait)
    said.append(f"the service ended with {code} within {time.monotonic() - stopping:.2f} s")
    async with await Store.open(home) as store:
        recorded = await store.read(runs.list_runs)
        told = await store.read(decisions.list_decisions)
    said += [f"{each.path}: {each.kind}, {each.count}: {each.text}" for each in told[:20]]
    # What began as the service was stopped goes on, and is found again by the next one.
    left = [each for each in recorded if each.active and each.due <= ended]
    said += [f"still counted as running: {each.path} {each.due}" for each in left]
    return began, ended, recorded, said


async def main(place: Path, minutes: float) -> int:
    """All of it; 0 if each due time ran exactly once."""
    home = Home(place / "home")
    await Node.init(home, "bench", None)
    marks = place / "marks"
    tasks = jobs(marks)
    async with await Store.open(home) as store:
        await fill(store, tasks)
    since, until, recorded, said = await live(home, minutes)
    wanted, ran = expected(tasks, since, until), read_marks(marks)
    within = {key: began for key, began in ran.items() if since < key[1] <= until}
    times = Counter(len(within.get(key, ())) for key in wanted | within.keys())
    wrong = sum(number for count, number in times.items() if count != 1) + len(within.keys() - wanted)
    print(f"{minutes:g} minutes: {len(wanted):,} due times, {times[1]:,} ran once, {wrong} otherwise")
    late = [(began[0] - key[1]) / 1000 for key, began in within.items()]
    print(f"began late, by the jobs' own clock:      {spread(late)}")
    late = [(run.started - run.due) / 1000 for run in recorded if run.started and since < run.due <= until]
    print(f"began late, by the record of {len(late):,} runs: {spread(late)}")
    failed = [run for run in recorded if run.state != "ok" and not run.active]
    print(f"{len(failed)} of {len(recorded):,} recorded runs did not succeed")
    for line in said:
        print(f"  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="half an hour of schedules with a real service")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--home", type=Path, help="an empty directory, which stays")
    given = parser.parse_args()
    if given.home is not None:
        given.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        sys.exit(asyncio.run(main(given.home, given.minutes)))
    with tempfile.TemporaryDirectory() as directory:
        sys.exit(asyncio.run(main(Path(directory), given.minutes)))
