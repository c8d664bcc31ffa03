"""The agenda of a real node: what is read for it, for which group, and how fast with many tasks."""

import asyncio
import time

import pytest

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.home import locks
from atsn_tui.model import codec
from atsn_tui.model.run import Decision, Run
from atsn_tui.model.text import new_id
from atsn_tui.node.agenda.views import AgendaRow
from atsn_tui.node.node import Node
from atsn_tui.store import changes, decisions, instants, runs
from tests.node.samples import GROUP, a_task

HOUR = 3_600_000_000


def by_task(rows: tuple[AgendaRow, ...]) -> dict[str, AgendaRow]:
    return {row.task: row for row in rows if row.task}


async def put_run(node: Node, group_id: str, task_id: str, ago: int, **values: object) -> None:
    start = node.core.now() - ago
    fields = {
        "id": new_id(),
        "group_id": group_id,
        "task_id": task_id,
        "path": "backup",
        "trigger": "schedule",
        "due": start,
        "started": start,
        "ended": start + 1_000_000,
        "state": "ok",
    }
    run = Run(**(fields | values))  # type: ignore[arg-type]
    await node.core.store.write(lambda db: runs.put(db, run, b""))


async def test_what_keeps_a_task_from_running_is_told_of_each(node: Node) -> None:
    group = await node.groups.add(GROUP)
    for name, values in (
        ("free", {}),
        ("off", {"enabled": "no"}),
        ("held", {}),
        ("elsewhere", {"nodes": "web1"}),
    ):
        await node.tasks.add(GROUP, a_task(name, schedules="every 12h", **values))
    await node.groups.add("Other")
    await node.tasks.add("Other", a_task("there", schedules="every 12h"))
    await node.holds.hold(f"{GROUP}/held", None, "")
    ahead = by_task((await node.agenda.show(GROUP)).ahead)
    assert {name: row.why for name, row in ahead.items()} == {
        "free": "",
        "off": "disabled",
        "held": "held",
        "elsewhere": "its nodes are web1, and this node is hq without tags",
    }
    await node.groups.change(group.id, {"run_here": "no"})
    both = by_task((await node.agenda.show()).ahead)
    assert both["free"].why == "the group is on standby on this node"
    assert both["there"].why == ""


async def test_it_looks_so_many_hours_back_and_only_at_the_group(node: Node) -> None:
    group, other = await node.groups.add(GROUP), await node.groups.add("Other")
    task = await node.tasks.add(GROUP, a_task())
    await put_run(node, group.id, task.id, HOUR // 2)
    await put_run(node, group.id, task.id, 3 * HOUR, state="failed")
    await put_run(node, group.id, task.id, 30 * HOUR, ended=node.core.now() - HOUR // 4)
    await put_run(node, other.id, "x", HOUR // 2, path="stranger")
    day = await node.agenda.show(GROUP)
    assert (day.ran, day.failed, [row.task for row in day.past]) == (3, 1, ["backup"] * 3)
    assert (await node.agenda.show(GROUP, hours=1)).ran == 2
    assert set(by_task((await node.agenda.show()).past)) == {"backup", "stranger"}


async def test_what_was_decided_long_ago_is_left_out(node: Node) -> None:
    group = await node.groups.add(GROUP)
    now = node.core.now()

    def add(path: str, ago: int) -> Decision:
        return Decision(
            group_id=group.id,
            task_id=path,
            path=path,
            kind="missed",
            text="nothing ran",
            trigger="schedule",
            first=now - ago,
            last=now - ago,
            at=now - ago,
        )

    await node.core.store.write(lambda db: decisions.add(db, add("new", HOUR)))
    await node.core.store.write(lambda db: decisions.add(db, add("old", 30 * HOUR)))
    assert [row.task for row in (await node.agenda.show()).past if row.kind == "skipped"] == ["new"]


async def test_without_a_service_what_passed_since_it_last_looked_did_not_run(node: Node) -> None:
    group = await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task(schedules="every 1h"))
    never = await node.agenda.show()
    assert never.past == (), "no service has ever looked at it"
    at = node.core.now() - 5 * HOUR
    stretch = instants.Stretch(at - 1, at)
    await node.core.store.write(lambda db: instants.set_stretches(db, (group.id, task.id), (), (stretch,)))
    view = await node.agenda.show()
    assert [(row.kind, row.count) for row in view.past] == [("gap", 1), ("skipped", 5)]
    assert (view.service, view.missed) == ("stopped", 5)
    with locks.exclusive(node.home.service_lock):
        assert (await node.agenda.show()).past == (), "a service decides about it itself"


@pytest.mark.parametrize("hours", [0, -1, 169])
async def test_it_looks_neither_nowhere_nor_forever(node: Node, hours: int) -> None:
    with pytest.raises(BadInput, match="1 to 168 hours"):
        await node.agenda.show(hours=hours)


async def test_an_unknown_group_is_named(node: Node) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        await node.agenda.show("nowhere")


async def test_with_10_000_tasks_it_takes_seconds_in_which_the_screen_lives(node: Node) -> None:
    group = await node.groups.add(GROUP)
    schedules = ("* * * * * *", "*/15 * * * *", "~ * * * *", "{m} {h} * * *")
    edits = []
    for number in range(10_000):
        schedule = schedules[number % 4].format(m=number % 60, h=number % 24)
        record = codec.record(new_id(), number, a_task(f"job {number}", schedules=schedule))
        edits.append(changes.Edit(record.id, record, node.core.origin()))
    await node.core.store.write(lambda db: changes.commit(db, group.id, edits, node.core.entry("filled")))
    longest = 0.0

    async def live() -> None:
        nonlocal longest
        while True:
            began = time.thread_time()  # what this loop works, however busy the machine is
            await asyncio.sleep(0.005)
            longest = max(longest, time.thread_time() - began)

    living = asyncio.create_task(live())
    began = time.perf_counter()
    view = await node.agenda.show()
    took = time.perf_counter() - began
    living.cancel()
    assert len([row for row in view.ahead if row.task]) == 10_000
    # 2 s and 50 ms at the first measurement, on a machine with 2 cores that was shared by eight.
    assert took < 16
    assert longest < 0.5
