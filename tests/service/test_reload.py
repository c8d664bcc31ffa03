"""SIGHUP: what config.toml says now holds from then on, and nothing that runs is disturbed."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nodes import Machine, Machines, eventually
from tests.processes.forks import Forks


@pytest.fixture
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


async def test_runs_go_on_new_ones_get_new_variables_and_nothing_starts_twice(
    forks: Forks, hq: Machine, tmp_path: Path
) -> None:
    told, began, gate = tmp_path / "told", tmp_path / "began", tmp_path / "gate"
    hq.configure("variables", {"COLOR": "red"})
    await command(forks, hq, "group", "add", "ops")
    await add(forks, hq, "start", f"echo start $COLOR >> {told}", "--schedule", "@startup")
    await add(
        forks,
        hq,
        "long",
        f"touch {began}; while ! [ -e {gate} ]; do sleep 0.05; done; echo long $COLOR >> {told}",
    )
    await add(forks, hq, "short", f"echo short $COLOR >> {told}")
    service = await forks.serve(hq)
    await eventually(lambda: lines(told) == ["start red"])
    await command(forks, hq, "run", "ops/long")
    await eventually(began.exists)

    hq.configure("variables", {"COLOR": "blue"})
    service.send(signal.SIGHUP)
    await eventually(lambda: service.err.read_text().count("is ready") == 2)
    await command(forks, hq, "run", "ops/short", "--wait")
    gate.touch()
    await eventually(lambda: len(lines(told)) == 3)
    assert lines(told) == ["start red", "short blue", "long red"]
    service.send(signal.SIGTERM)
    assert (await service.end()).code == 0


async def command(forks: Forks, machine: Machine, *words: str) -> None:
    (await forks.run(machine, *words)).ok()


async def add(forks: Forks, machine: Machine, name: str, line: str, *options: str) -> None:
    await command(forks, machine, "task", "add", "ops", name, "--command", line, *options)
