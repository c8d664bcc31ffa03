"""How fast jobs are started, and what the keeper costs. By hand: python -m tests.benchmarks.runs [RUNS]

The floor is a dash loop of /bin/true: runs in a second, and processor time of everybody who takes part. Each round
measures all of them one after the other, and each ratio is one round's; told are medians of the rounds, so that others
who use the machine meanwhile matter little. Times drift with the machine; the ratios hold.
"""

import asyncio
import os
import pwd
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from atsn_tui.home.home import Home
from atsn_tui.runner.client.keeper import Keeper
from atsn_tui.runner.spec import RunSpec

ROUNDS = 5
AT_ONCE = 16
"""Runs that are under way at any time."""

LOOP = "i=0; while [ $i -lt {} ]; do /bin/true; i=$((i+1)); done"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Pace:
    """Runs in a second, and processor time for each."""

    rate: float
    cost: float
    """In ms."""


def told(paces: list[Pace]) -> str:
    """The medians."""
    rate, cost = median(each.rate for each in paces), median(each.cost for each in paces)
    return f"{rate:.0f}/s, {cost:.2f} ms of processor time each"


def order(run: str, *argv: str, user: str | None = None) -> RunSpec:
    """A run, as ourselves or as another user."""
    entry = pwd.getpwnam(user) if user else None
    return RunSpec(
        run=run,
        program=argv[0],
        argv=argv,
        environment={"PATH": "/usr/bin:/bin", "HOME": "/", "LOGNAME": user or "me", "SHELL": "/bin/sh"},
        directory="/",
        account=user or "me",
        uid=entry.pw_uid if entry else None,
        gid=entry.pw_gid if entry else None,
        groups=(entry.pw_gid,) if entry else (),
    )


def dash(runs: int) -> Pace:
    """The floor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(["dash", "-c", LOOP.format(runs)], check=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Pace(runs / seconds, cost / runs * 1000)


def processor_time(keeper: Keeper) -> float:
    """Of us, the keeper, and its jobs, in seconds."""
    fields = Path(f"/proc/{keeper.pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, fields[11:15])) / TICKS + time.process_time()


async def through_keeper(keeper: Keeper, name: str, runs: int, user: str | None) -> Pace:
    """So many runs of /bin/true, each ordered, ended and acknowledged."""
    free = asyncio.Semaphore(AT_ONCE)

    async def listen() -> None:
        left = runs
        async for ended in keeper.ends():
            assert ended.exit_code == 0, ended
            keeper.acknowledge(ended.run)
            free.release()
            left -= 1
            if not left:
                return

    before, start = processor_time(keeper), time.perf_counter()
    listening = asyncio.create_task(listen())
    async with asyncio.TaskGroup() as group:
        for number in range(runs):
            await free.acquire()
            group.create_task(keeper.start(order(f"{name}-{number}", "/bin/true", user=user)))
    await listening
    seconds = time.perf_counter() - start
    return Pace(runs / seconds, (processor_time(keeper) - before) / runs * 1000)


async def lateness(keeper: Keeper, name: str, runs: int) -> list[float]:
    """From asking for all at once until each is forked, in ms."""
    start = time.time()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keeper.start(order(f"{name}-{i}", "/bin/true"))) for i in range(runs)]
    late = sorted((task.result().started_at / 1e6 - start) * 1000 for task in tasks)
    ends = keeper.ends()
    for _ in range(runs):
        keeper.acknowledge((await anext(ends)).run)
    return late


def memory(keeper: Keeper) -> tuple[int, int]:
    """All memory of the keeper, and what is its alone, in kB."""
    lines = Path(f"/proc/{keeper.pid}/status").read_text().splitlines()
    found = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "RssAnon"))}
    return int(found["VmRSS"]), int(found["RssAnon"])


async def crowd(keeper: Keeper, runs: int) -> tuple[int, int]:
    """The keeper's memory while so many runs live."""
    for number in range(runs):
        await keeper.start(order(f"crowd-{number}", "/bin/sleep", "300"))
    found = memory(keeper)
    for number in range(runs):
        await keeper.stop(f"crowd-{number}")
    ends = keeper.ends()
    for _ in range(runs):
        keeper.acknowledge((await anext(ends)).run)
    return found


async def main(runs: int) -> None:
    """Measure, and print."""
    users = [None, *(["nobody"] if os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory() as directory:
        keeper = await Keeper.connect(Home(Path(directory)), linger=1)
        print(f"keeper, new:              {memory(keeper)[0]} kB, {memory(keeper)[1]} kB of its own")
        floors: list[Pace] = []
        paces: dict[str | None, list[Pace]] = {user: [] for user in users}
        for number in range(ROUNDS):
            floors.append(dash(runs))
            for user in users:
                paces[user].append(await through_keeper(keeper, f"{user}-{number}", runs, user))
        print(f"dash loop of /bin/true:   {told(floors)}")
        for user, found in paces.items():
            ratios = [each.rate / floor.rate for each, floor in zip(found, floors, strict=True)]
            shown = ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
            print(
                f"keeper, as {user or 'ourselves':10}    {told(found)}; ratio {median(ratios):.2f} ({shown})"
            )
        late = [await lateness(keeper, f"once{number}", 100) for number in range(ROUNDS)]
        first, last = median(each[0] for each in late), median(each[98] for each in late)
        print(f"100 at once, forked:      first after {first:.1f} ms, p99 {last:.1f} ms")
        size = await crowd(keeper, 1000)
        print(f"keeper with 1,000 runs:   {size[0]} kB, {size[1]} kB of its own")
        await keeper.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
