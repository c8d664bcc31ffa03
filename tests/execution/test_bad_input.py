"""Whatever tasks are given or print: each due time has a clear record, memory is bounded, and the loop goes on."""

import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atsn_tui.model import codec
from atsn_tui.model.run import ACTIVE
from atsn_tui.model.task import Command, Options, Task
from atsn_tui.model.text import new_id
from atsn_tui.node.node import Node
from atsn_tui.node.runs.views import RunView
from atsn_tui.store import changes
from tests.nodes import Machine, Machines, eventually
from tests.processes.forks import Forks, Process

CROWD = 1000
MEGABYTE = 1_000_000


@pytest.fixture
async def hq(make_node: Machines) -> AsyncIterator[Machine]:
    machine = await make_node.make("hq", listen=False)
    yield machine
    os.kill(keeper_of(machine), signal.SIGTERM)


def keeper_of(machine: Machine) -> int:
    return int((machine.home / "keeper.lock").read_text())


def most_memory(pid: int) -> float:
    """The most MB that a process has had at once."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1000


def task(name: str, command: str, *schedules: str, **fields: object) -> Task:
    return Task(name=name, action=Command(command=command), schedules=schedules, **fields)  # type: ignore[arg-type]


async def put(node: Node, *tasks: Task) -> None:
    """Put them into the group at once, without the checks that a person's input gets: they may have come by a peer."""
    group = (await node.groups.get("ops")).id
    edits = [
        changes.Edit(record.id, record, node.core.origin())
        for record in (codec.record(new_id(), node.core.now(), each) for each in tasks)
    ]
    await node.core.store.write(lambda db: changes.commit(db, group, edits, node.core.entry("put")))


def soon(seconds: float) -> str:
    """A schedule for one moment."""
    return "at " + time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + seconds))


async def ended(node: Node, *names: str) -> "dict[str, RunView] | None":
    """The runs by task, if those tasks have run."""
    found = {run.task: run for run in await node.runs.list(limit=2 * CROWD) if run.state not in ACTIVE}
    return found if found.keys() >= set(names) else None


def over(machine: Machine) -> int:
    """How many runs have ended."""
    with machine.database() as db:
        found = db.execute("SELECT count(*) FROM runs WHERE state NOT IN ('queued', 'starting', 'running')")
        return int(found.fetchone()[0])


async def stop(service: Process) -> None:
    service.send(signal.SIGTERM)
    assert (await service.end()).code == 0


async def test_what_cannot_run_says_why_and_a_thousand_others_run_in_the_same_second(
    zygote: Forks, hq: Machine
) -> None:
    async with hq.open() as node:
        await node.groups.add("ops")
        service = await zygote.serve(hq)
        now = soon(2)
        here = {"timezone": "UTC"}
        bad = {
            "zone": (task("zone", "true", "0 3 * * *", timezone="Mars/Base"), "Mars/Base"),
            "user": (task("user", "true", now, run_as="nobody-of-that-name", **here), "nobody-of-that-name"),
            "shell": (task("shell", "true", now, shell="/no/such/shell", **here), "/no/such/shell"),
            "directory": (
                task("directory", "true", now, directory="/no/such/place", **here),
                "/no/such/place",
            ),
            "variable": (task("variable", "true", now, directory="${NO_SUCH}", **here), "NO_SUCH"),
        }
        many = Options(overlap="parallel")
        crowd = [task(f"c{number}", "true", now, options=many, **here) for number in range(CROWD)]
        later = task("later", "true", "every 1s", options=many)
        await put(node, *(each for each, _ in bad.values()), *crowd, later)

        names = [f"c{number}" for number in range(CROWD)]
        await eventually(lambda: over(hq) >= CROWD + len(bad) - 1, patience=60)
        runs = await eventually(lambda: ended(node, *names, *(bad.keys() - {"zone"})))
        assert {runs[name].state for name in names} == {"ok"}
        for name in bad.keys() - {"zone"}:
            assert runs[name].state == "failed"
            assert bad[name][1] in runs[name].reason, runs[name]
        skipped = {each.task: each for each in await node.runs.skipped()}
        assert skipped.keys() == {"zone"}
        assert "Mars/Base" in skipped["zone"].text
        assert "Mars/Base" in " ".join((await node.holds.why("ops/zone")).obstacles)
        dues = {run.due_at for run in runs.values() if run.task in names}
        assert len(dues) == 1
        # Nobody has kept the loop from going on.
        count = over(hq)
        await eventually(lambda: over(hq) >= count + 2)
        await stop(service)


async def test_output_without_end_costs_neither_memory_nor_disk(zygote: Forks, hq: Machine) -> None:
    size = int(os.environ.get("ATSN_TEST_MASS", "200")) * MEGABYTE
    async with hq.open() as node:
        await node.groups.add("ops")
        log = hq.home.parent / "ops.log"
        await node.groups.change("ops", {"log.path": str(log)})
        service = await zygote.serve(hq)
        await put(
            node,
            task("warm", "echo warm", "manual"),
            task("mass", f"head -c {size} /dev/zero", "manual"),
            task("broken", r"printf '\000\377 caf\303'", "manual"),
        )
        await node.runs.start("ops/warm")
        await eventually(lambda: ended(node, "warm"))
        before = {pid: most_memory(pid) for pid in (service.pid, keeper_of(hq))}
        for name in ("mass", "broken"):
            await node.runs.start(f"ops/{name}")
        runs = await eventually(lambda: ended(node, "mass", "broken"), patience=60)
        grown = {pid: most_memory(pid) - most for pid, most in before.items()}
        await stop(service)
        assert all(each < 32 for each in grown.values()), grown
        mass = runs["mass"]
        assert (mass.state, mass.output_bytes) == ("ok", size)
        assert len(await node.runs.output(mass.id)) < 5 * MEGABYTE
        assert await node.runs.output(runs["broken"].id) == b"\0\xff caf\xc3"


@pytest.mark.parametrize("holds", [True, False])
async def test_a_task_that_leaves_a_daemon_behind_ends_and_runs_again(
    zygote: Forks, hq: Machine, tmp_path: Path, holds: bool
) -> None:
    gate = tmp_path / "gate"
    away = "" if holds else " > /dev/null 2>&1"
    daemon = (
        f"(setsid sh -c 'while ! [ -e {gate} ]; do sleep 0.05; echo still here; done'{away} &); echo begun"
    )
    async with hq.open() as node:
        await node.groups.add("ops")
        service = await zygote.serve(hq)
        await put(node, task("fork", daemon, "manual"))
        for number in (1, 2):
            await node.runs.start("ops/fork")
            await eventually(lambda number=number: _runs(node, number))
        runs = await node.runs.list()
        assert [run.state for run in runs] == ["ok", "ok"]
        assert (await node.runs.output(runs[0].id)).startswith(b"begun\n")
        await stop(service)
    gate.touch()


async def _runs(node: Node, number: int) -> bool:
    return len([run for run in await node.runs.list() if run.state not in ACTIVE]) == number
