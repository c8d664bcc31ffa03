"""What is asked of a real service begins at once, and not later than its next look if the bell is gone."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atsn_tui.node.node import Node
from tests.node.samples import a_task
from tests.nodes import Machine, Machines, eventually
from tests.processes.forks import Forks


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


@pytest.fixture
async def node(hq: Machine) -> AsyncIterator[Node]:
    async with hq.open() as node:
        yield node


def count(mark: Path) -> int:
    """How many jobs have been at work."""
    return mark.read_text().count("x") if mark.exists() else 0


async def begun_after(node: Node, mark: Path) -> float:
    """Seconds from asking for a run until its job is at work."""
    before, began = count(mark), time.monotonic()
    asking = asyncio.create_task(node.runs.start("ops/one"))
    await eventually(lambda: count(mark) > before)
    took = time.monotonic() - began
    await asking
    return took


async def test_a_run_that_is_asked_for_begins_at_once(
    zygote: Forks, hq: Machine, node: Node, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    await node.groups.add("ops")
    await node.tasks.add("ops", a_task("one", command=f"echo x >> {mark}", **{"options.overlap": "parallel"}))
    service = await zygote.serve(hq)
    took = []
    for number in range(7):
        await asyncio.sleep(0.09 * number)  # not in step with the service's own looks
        took.append(await begun_after(node, mark))
    assert statistics.median(took[1:]) < 0.2, took
    (hq.home / "wake").unlink()
    assert await begun_after(node, mark) < 5
    await service.kill()


async def test_a_service_that_was_killed_leaves_a_bell_that_the_next_one_replaces(
    zygote: Forks, hq: Machine, node: Node, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    await node.groups.add("ops")
    await node.tasks.add("ops", a_task("one", command=f"echo x >> {mark}"))
    wake = hq.home / "wake"
    first = await zygote.serve(hq)
    await eventually(wake.exists)
    await first.kill()
    left = wake.stat().st_ctime_ns
    service = await zygote.serve(hq)
    await eventually(lambda: wake.exists() and wake.stat().st_ctime_ns != left)
    assert await begun_after(node, mark) < 5
    await service.kill()
