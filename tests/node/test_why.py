"""Why a task runs or does not run: everything that stands in its way, with what to do about it."""

import getpass
import os
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

import pytest
from msgspec.structs import replace

from atsn_tui.home import locks
from atsn_tui.model import codec
from atsn_tui.model.run import Hold
from atsn_tui.model.task import Http
from atsn_tui.model.text import new_id
from atsn_tui.node.node import Node
from atsn_tui.node.views import TaskView
from atsn_tui.store import holds, instants
from tests.node.samples import GROUP, a_task, received
from tests.nodes import Machine
from tests.played import ran, skipped

T = TypeVar("T")
ME = getpass.getuser() if os.geteuid() else "nobody"
"""As whom what came from a peer may run here."""


async def write(node: Node, function: Callable[[sqlite3.Connection], T]) -> T:
    return await node.core.store.write(function)


@pytest.fixture
async def backup(node: Node) -> TaskView:
    await node.groups.add(GROUP)
    return await node.tasks.add(GROUP, a_task("my backup"))


async def obstacles(node: Node, which: str, running: bool = True) -> list[str]:
    """What stands in the way, as if a service ran unless told otherwise."""
    if not running:
        return list((await node.holds.why(which)).obstacles)
    with locks.exclusive(node.home.service_lock):
        return list((await node.holds.why(which)).obstacles)


async def test_nothing_stands_in_the_way_of_most_tasks(node: Node, backup: TaskView) -> None:
    assert await obstacles(node, backup.id) == []
    why = await node.holds.why(backup.id)
    assert (why.task, why.schedule, why.next_at) == (f"{GROUP}/my backup", backup.schedule, backup.next_at)
    assert (why.last, why.decisions) == (None, ())


async def test_without_a_service_nothing_runs(node: Node, backup: TaskView) -> None:
    assert await obstacles(node, backup.id, running=False) == [
        "no service runs for this node, so nothing runs; start it with: atsn serve"
    ]


async def test_a_disabled_task_on_standby_and_held_three_times_has_five_obstacles(
    node: Node, backup: TaskView
) -> None:
    await node.tasks.set_enabled([backup.id], False)
    await node.groups.change(GROUP, {"run_here": "no"})
    await node.holds.hold(backup.id, note="moving")
    await node.holds.hold(GROUP)
    await node.holds.hold(None)
    assert await obstacles(node, backup.id) == [
        f"the task is disabled; to enable it: atsn task enable '{GROUP}/my backup'",
        "the whole node is held by ada until it is released; to release it: atsn release",
        f"its group is held by ada until it is released; to release it: atsn release '{GROUP}'",
        f"the task is held by ada until it is released (moving); to release it: atsn release '{GROUP}/my backup'",
        f"this node keeps the group as a standby; to run it here: atsn group set '{GROUP}' run_here=yes",
    ]


async def test_a_hold_tells_when_it_ends_and_counts_no_longer_then(node: Node, backup: TaskView) -> None:
    await node.holds.hold(GROUP, node.holds.until_at("2999-01-01 10:00"))
    [held] = await obstacles(node, backup.id)
    assert "until 2999-01-01 10:00;" in held
    over = Hold(group_id=backup.group_id, until=node.core.now() - 1)
    await write(node, lambda db: holds.put(db, over))
    assert await obstacles(node, backup.id) == []


async def test_a_hold_on_something_else_does_not_matter(node: Node, backup: TaskView) -> None:
    await node.groups.add("other")
    other = await node.tasks.add(GROUP, a_task("other"))
    await node.holds.hold("other")
    await node.holds.hold(other.id)
    assert await obstacles(node, backup.id) == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"nodes": "web1"}, "its nodes are web1, and this node is hq without tags; to change where it runs"),
        ({"nodes": "!hq"}, "its nodes say !hq"),
        ({"schedules": ""}, "it has no schedule, so it runs only when it is asked to: atsn run"),
        ({"schedules": "manual"}, "its schedule is manual, so it runs only when it is asked to: atsn run"),
        ({"schedules": "at 2020-01-01 10:00"}, "it is over: none of its times is still to come"),
        ({"end": "2020-01-01"}, "it is over: none of its times is still to come"),
        ({"schedules": "@startup", "end": "2020-01-01"}, "its last day was 2020-01-01"),
        ({"schedules": "@startup", "start": "2999-01-01"}, "its first day is 2999-01-01"),
        ({"user": "nobody-at-all"}, "it cannot begin: user nobody-at-all does not exist on this node"),
        ({"directory": "/nowhere/at/all"}, "it cannot begin: directory /nowhere/at/all is missing"),
        ({"directory": "${NOWHERE}/x"}, "NOWHERE"),
        ({"shell": "/bin/no-shell"}, "it cannot begin: program /bin/no-shell is missing"),
        ({"command": "", "argv": "no-such-program x"}, "it cannot begin: program no-such-program is missing"),
    ],
)
async def test_what_a_task_says_against_itself(node: Node, fields: dict[str, str], told: str) -> None:
    await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task(**fields))
    found = await obstacles(node, task.id)
    assert len(found) == 1, found
    assert told in found[0]


async def test_a_task_from_elsewhere_that_follows_none_that_is_here(node: Node) -> None:
    await node.groups.add(GROUP)
    task_id = new_id()
    await received(node, GROUP, codec.record(task_id, 1, a_task(schedules="after nothing", user=ME)))
    assert await obstacles(node, task_id) == [
        "it cannot follow: 'after nothing' of 'backup': there is no task 'nothing' in the group: name one that is there"
    ]


async def test_tasks_from_elsewhere_that_wait_for_each_other(node: Node) -> None:
    await node.groups.add(GROUP)
    ids = new_id(), new_id()
    for task_id, name, other in ((ids[0], "a", "b"), (ids[1], "b", "a")):
        await received(
            node, GROUP, codec.record(task_id, 1, a_task(name, schedules=f"after {other}", user=ME))
        )
    for task_id in ids:
        (told,) = await obstacles(node, task_id)
        assert "circle" in told
        assert "a → b" in told or "b → a" in told


@pytest.mark.parametrize(
    "fields",
    [
        {"schedules": "@startup"},
        {"schedules": "after other on failure"},
        {"start": "2999-01-01"},
        {"user": getpass.getuser()},
        {"directory": "/"},
        {"command": "", "argv": "ls /"},
        {"nodes": "hq"},
    ],
)
async def test_what_is_no_obstacle(node: Node, fields: dict[str, str]) -> None:
    await node.groups.add(GROUP)
    await node.tasks.add(GROUP, a_task("other"))
    task = await node.tasks.add(GROUP, a_task(**fields))
    assert await obstacles(node, task.id) == []
    request = await node.tasks.add(GROUP, replace(a_task("request"), action=Http(url="https://example.org/")))
    assert await obstacles(node, request.id) == []


async def test_a_day_off_keeps_what_follows_events_from_running(node: Node) -> None:
    await node.groups.add(GROUP)
    days = [(date.today() + timedelta(days=shift)).isoformat() for shift in (-1, 0, 1)]
    await node.groups.change(GROUP, {"holidays.dates": ",".join(days)})
    task = await node.tasks.add(GROUP, a_task(schedules="@startup", **{"options.on_holiday": "skip"}))
    [told] = await obstacles(node, task.id)
    assert told.startswith("today is ")
    assert told.endswith("a day off on which it does not run")


async def test_a_schedule_that_cannot_be_read_here_is_an_obstacle(node: Node, backup: TaskView) -> None:
    for fields, told in ({"schedules": ("@hourla",)}, "@hourla"), ({"timezone": "Mars/Base"}, "Mars/Base"):
        record = codec.record(new_id(), 1, replace(a_task("broken", user=ME), **fields))
        await received(node, GROUP, record)
        [obstacle] = await obstacles(node, record.id)
        assert obstacle.startswith("its schedule cannot be used on this node: ")
        assert told in obstacle


async def test_runs_that_have_not_ended_stand_in_the_way(node: Node, backup: TaskView) -> None:
    run = await write(node, lambda db: ran(db, backup, "running"))
    retry = await write(
        node, lambda db: ran(db, backup, "queued", reason="it failed, and is tried again (1 of 3)")
    )
    assert await obstacles(node, backup.id) == [
        "a run of it has not ended, and what is due until then is skipped (overlap=skip); "
        f"to end it: atsn stop {run.id[:8]}",
        "a run of it waits for its turn: it failed, and is tried again (1 of 3); "
        f"to give it up: atsn stop {retry.id[:8]}",
    ]
    await node.tasks.change(backup.id, {"options.overlap": "queue"})
    assert "the next one waits for it" in (await obstacles(node, backup.id))[0]
    await node.tasks.change(backup.id, {"options.overlap": "parallel"})
    assert len(await obstacles(node, backup.id)) == 1


async def test_a_task_that_is_marked_as_over_is_over(node: Node, backup: TaskView) -> None:
    await write(node, lambda db: instants.set_over(db, (backup.group_id, backup.id)))
    [told] = await obstacles(node, backup.id)
    assert told.startswith("it is over")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's tasks run as root")
async def test_what_came_from_a_peer_does_not_run_as_root(node: Node, backup: TaskView) -> None:
    record = codec.record(new_id(), 1, a_task("theirs"))
    await received(node, GROUP, record)
    [told] = await obstacles(node, record.id)
    assert "nothing that comes from a peer runs as root here" in told
    await node.tasks.change(record.id, {"user": "nobody"})
    assert all("as root" not in each for each in await obstacles(node, record.id))


async def test_the_evidence_is_the_last_run_and_what_did_not_run(node: Node, backup: TaskView) -> None:
    other = await node.tasks.add(GROUP, a_task("other"))
    await write(node, lambda db: [ran(db, other), skipped(db, other, "held", "not about it")])
    await write(
        node, lambda db: [ran(db, backup, "failed", exit_code=2), skipped(db, backup, "missed", "down")]
    )
    why = await node.holds.why(f"{GROUP}/my backup")
    assert why.last is not None
    assert (why.last.state, why.last.exit_code, why.last.group) == ("failed", 2, GROUP)
    assert [(each.kind, each.text) for each in why.decisions] == [("missed", "down")]


async def test_tags_of_the_node_count(node: Node, hq: Machine, backup: TaskView) -> None:
    await node.tasks.change(backup.id, {"nodes": "tag:db"})
    assert len(await obstacles(node, backup.id)) == 1
    hq.configure("tags", ["db"])
    async with hq.open() as tagged:
        assert await obstacles(tagged, backup.id) == []
