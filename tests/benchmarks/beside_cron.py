"""A real service and Debian's cron side by side, in the same minutes. By hand, as root:

    python -m tests.benchmarks.beside_cron [--minutes 5] [--jobs 100]

Both have equally many jobs for each minute, and each job writes down when it began, by its own clock (which includes a
shell and a `date`). cron is a daemon of its own in a mount namespace of its own, with an empty spool, an empty
/etc/crontab and its own /run: the crontabs and the cron of this machine are neither read nor touched.
"""

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

from atsn_tui.home.home import Home
from atsn_tui.model.task import Command
from atsn_tui.node.node import Node
from atsn_tui.store import Store
from tests.benchmarks.half_hour import used
from tests.benchmarks.loop import fill, task, task_id

ENTER = """
set -e
mount -t tmpfs tmpfs /var/spool/cron
mkdir -m 1730 /var/spool/cron/crontabs
mount -t tmpfs tmpfs /etc/cron.d
mount --bind /dev/null /etc/crontab
mount -t tmpfs tmpfs /run
install -m 600 "$1" /var/spool/cron/crontabs/root
exec cron -f
"""
NAMESPACE = ("unshare", "-m", "--propagation", "private", "sh", "-c", ENTER, "sh")


def line(marks: Path) -> str:
    """What each job does."""
    return f'echo "$(date +%s%6N)" >> {marks}'


async def service(place: Path, jobs: int) -> "subprocess.Popen[bytes]":
    """A node's service, with the jobs."""
    home = Home(place / "home")
    await Node.init(home, "bench", None)
    async with await Store.open(home) as store:
        command = Command(command=line(place / "atsn"))
        tasks = {
            task_id(number): replace(task(number, "* * * * *"), action=command, directory="/")
            for number in range(1, jobs + 1)
        }
        await fill(store, tasks)
    serve = [sys.executable, "-m", "atsn_tui", "--home", str(home.path), "serve"]
    return subprocess.Popen(serve, stdout=subprocess.DEVNULL)  # noqa: ASYNC220


def cron(place: Path, jobs: int) -> "subprocess.Popen[bytes]":
    """A cron daemon, with the jobs."""
    tab = place / "tab"
    one = "* * * * * " + line(place / "cron").replace("%", r"\%") + "\n"
    tab.write_text('MAILTO=""\n' + one * jobs)
    return subprocess.Popen([*NAMESPACE, str(tab)])


def late(marks: Path) -> dict[int, list[float]]:
    """By minute, how late the jobs began, in ms, in order."""
    found: dict[int, list[float]] = {}
    for micros in sorted(map(int, marks.read_text().split())):
        minute, rest = divmod(micros, 60_000_000)
        found.setdefault(minute, []).append(rest / 1000)
    return found


def say(name: str, minutes: "list[list[float]]", jobs: int) -> None:
    """Medians over the minutes."""
    whole = [each for each in minutes if len(each) == jobs]
    if not whole:
        print(f"{name}: no minute in which all {jobs} jobs ran")
        return
    first, middle, last, most = (
        statistics.median(each[index] for each in whole)
        for index in (0, jobs // 2, max(jobs * 99 // 100 - 1, 0), jobs - 1)
    )
    print(
        f"{name}: {len(whole)} of {len(minutes)} minutes with each job once; began late by, median of the minutes:"
        f" first {first:.0f} ms, p50 {middle:.0f} ms, p99 {last:.0f} ms, last {most:.0f} ms"
    )


async def main(place: Path, minutes: int, jobs: int) -> None:
    """Both, for so many minutes."""
    ours = await service(place, jobs)
    theirs = cron(place, jobs)
    # Both read the clock for the minute that begins; the first one counts only if there was time to get ready.
    start = int(time.time() + 15) // 60 + 1
    while time.time() < start * 60 - 2:  # noqa: ASYNC110  # for the clock on the wall
        await asyncio.sleep(0.5)
    before = {process.pid: used(process.pid)[0] for process in (ours, theirs)}
    await asyncio.sleep((start + minutes) * 60 - 10 - time.time())
    keeper = int((place / "home" / "keeper.lock").read_text())
    cost = {name: used(each.pid)[0] - before[each.pid] for name, each in (("atsn", ours), ("cron", theirs))}
    for process in (ours, theirs):
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait)
    os.kill(keeper, signal.SIGTERM)
    found = {name: late(place / name) for name in ("atsn", "cron")}
    both = range(start, start + minutes)
    for name, each in found.items():
        say(name, [each.get(minute, []) for minute in both], jobs)
        print(f"  its daemon alone used {cost[name] / minutes * 1000:.0f} ms of processor time a minute")
    ratios = [
        found["atsn"][minute][jobs // 2] / found["cron"][minute][jobs // 2]
        for minute in both
        if all(len(each.get(minute, ())) == jobs for each in found.values())
    ]
    if ratios:
        print(f"p50 lateness, atsn to cron, minute by minute: median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="a service and cron side by side")
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=100)
    given = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("only root can give cron a namespace of its own: run this as root")
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(main(Path(directory), given.minutes, given.jobs))
