"""kill -9 of a whole real service in the middle of many runs: each job runs to its end once, each exit is recorded."""

import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atsn_tui.model.run import ACTIVE
from atsn_tui.node.node import Node
from atsn_tui.node.runs.views import RunView
from atsn_tui.node.tasks.fields import build_task
from tests.nodes import Machine, Machines, eventually
from tests.processes.forks import Forks

RUNS = 50
FIRST = 20
"""So many end while the first service lives or is killed."""


@pytest.fixture
async def hq(make_node: Machines) -> AsyncIterator[Machine]:
    machine = await make_node.make("hq", listen=False)
    yield machine
    lock = machine.home / "keeper.lock"
    if lock.exists():
        os.kill(int(lock.read_text()), signal.SIGTERM)


def marks(path: Path) -> Counter[str]:
    return Counter(path.read_text().split()) if path.exists() else Counter()


async def fill(node: Node, place: Path) -> None:
    """Tasks that are due in the same second, soon. Each writes down that it began and that it ended."""
    await node.groups.add("ops")
    due = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 3))
    for number in range(RUNS):
        gate = place / ("first" if number < FIRST else "last")
        line = (
            f"echo {number} >> {place}/began; while ! [ -e {gate} ]; do sleep 0.05; done;"
            f" echo {number} >> {place}/ended; exit {number}"
        )
        fields = {"name": f"t{number}", "command": line, "schedules": f"at {due}", "timezone": "UTC"}
        await node.tasks.add("ops", build_task(fields))


async def all_over(node: Node) -> "list[RunView]":
    runs = await node.runs.list(limit=10 * RUNS)
    return [] if len(runs) < RUNS or any(run.state in ACTIVE for run in runs) else runs


async def test_every_job_ends_once_and_every_exit_is_recorded(
    zygote: Forks, hq: Machine, tmp_path: Path
) -> None:
    began, ended = tmp_path / "began", tmp_path / "ended"
    async with hq.open() as node:
        await fill(node, tmp_path)
        service = await zygote.serve(hq)
        await eventually(lambda: len(marks(began)) >= 3)
        await service.kill()  # while they begin
        service = await zygote.serve(hq)
        await eventually(lambda: len(marks(began)) == RUNS)
        (tmp_path / "first").touch()
        await eventually(lambda: len(marks(ended)) >= FIRST // 2)
        await service.kill()  # while they end
        await eventually(lambda: len(marks(ended)) == FIRST)
        service = await zygote.serve(hq)
        (tmp_path / "last").touch()
        runs = await eventually(lambda: all_over(node))
        service.send(signal.SIGTERM)
        assert (await service.end()).code == 0
        assert not [run for run in await node.runs.list(limit=10 * RUNS) if run.state in ACTIVE]
    once = Counter(map(str, range(RUNS)))
    assert (marks(began), marks(ended)) == (once, once)
    assert Counter(run.task for run in runs) == Counter(f"t{number}" for number in range(RUNS))
    for run in runs:
        number = int(run.task[1:])
        assert (run.exit_code, run.state) == (number, "failed" if number else "ok"), run
