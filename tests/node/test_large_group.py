"""A group of 10,000 tasks is listed, viewed and summed up without delay."""

import time
from collections.abc import Awaitable, Callable

from atsn_tui.model import codec
from atsn_tui.model.text import new_id
from atsn_tui.node.node import Node
from atsn_tui.store import changes
from tests.node.samples import GROUP, a_task

COUNT = 10_000
SLOW = 8.0
"""How many times longer a busy machine may take than what was measured on an idle one."""


async def seconds(ask: Callable[[], Awaitable[object]]) -> float:
    """How long it takes, at best of three: whatever else the machine does is not what is measured."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - began)
    return min(took)


async def test_10_000_tasks_are_no_trouble(node: Node) -> None:
    group = await node.groups.add(GROUP)
    schedules = [f"{minute} {hour} * * *" for hour in range(8) for minute in range(60)]
    edits = []
    for number in range(COUNT):
        task = a_task(f"job {number}", folder=f"f{number % 50}", schedules=schedules[number % len(schedules)])
        record = codec.record(new_id(), number, task)
        edits.append(changes.Edit(record.id, record, node.core.origin()))
    await node.core.store.write(lambda db: changes.commit(db, group.id, edits, node.core.entry("filled")))

    assert await seconds(lambda: node.tasks.list(GROUP)) < 1.0 * SLOW
    assert await seconds(lambda: node.tasks.list(GROUP)) < 0.1 * SLOW
    assert await seconds(lambda: node.tasks.get(f"{GROUP}/f7/job 7")) < 0.08 * SLOW
    assert await seconds(lambda: node.tasks.get(edits[7].id)) < 0.01 * SLOW
    assert await seconds(lambda: node.tasks.change(edits[7].id, {"command": "x"})) < 0.02 * SLOW
    assert (
        await seconds(lambda: node.tasks.set_enabled([edit.id for edit in edits[:1000]], False)) < 0.2 * SLOW
    )
    assert await seconds(node.status) < 0.05 * SLOW
    assert await seconds(lambda: node.groups.get(GROUP)) < 0.01 * SLOW
