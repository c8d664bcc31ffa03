"""Pauses on one node: of a task, a group or everything, until a time or a release."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from atsn_tui.errors import Ambiguous, BadInput, NotFound
from atsn_tui.model import dates
from atsn_tui.model.run import Hold
from atsn_tui.node.node import Node
from atsn_tui.node.runs import until
from atsn_tui.node.views import TaskView
from atsn_tui.store import holds, runs
from tests.node.samples import GROUP, a_task
from tests.played import ran

T = TypeVar("T")
MINUTE = 60_000_000


@pytest.fixture
async def backup(node: Node) -> TaskView:
    await node.groups.add(GROUP)
    return await node.tasks.add(GROUP, a_task(folder="databases"))


async def write(node: Node, function: Callable[[sqlite3.Connection], T]) -> T:
    return await node.core.store.write(function)


async def test_a_task_a_group_and_the_node_are_held_and_released(node: Node, backup: TaskView) -> None:
    for which, scope, name in (
        (f"{GROUP}/databases/backup", "task", f"{GROUP}/databases/backup"),
        (GROUP, "group", GROUP),
        (None, "node", "this node"),
    ):
        held = await node.holds.hold(which, note="the disk is full")
        assert (held.scope, held.name, held.who, held.until, held.note) == (
            scope,
            name,
            "ada",
            None,
            "the disk is full",
        )
    assert [hold.scope for hold in await node.holds.list()] == ["node", "group", "task"]
    for which, left in ((None, ["group", "task"]), (GROUP, ["task"]), (backup.id[:6], [])):
        await node.holds.release(which)
        assert [hold.scope for hold in await node.holds.list()] == left


async def test_a_hold_takes_the_place_of_the_one_before(node: Node, backup: TaskView) -> None:
    await node.holds.hold(backup.id)
    end = node.core.now() + MINUTE
    await node.holds.hold(backup.id, end)
    assert [hold.until for hold in await node.holds.list()] == [dates.format_date(end)]


async def test_a_hold_that_is_over_holds_nothing_and_cannot_be_released(node: Node, backup: TaskView) -> None:
    over = Hold(group_id=backup.group_id, until=node.core.now() - 1)
    await write(node, lambda db: holds.put(db, over))
    assert await node.holds.list() == []
    with pytest.raises(NotFound, match="is not held, and nothing else is"):
        await node.holds.release(GROUP)


async def test_only_what_is_held_itself_is_released(node: Node, backup: TaskView) -> None:
    await node.holds.hold(GROUP)
    with pytest.raises(NotFound, match=f"what is: {GROUP}"):
        await node.holds.release(backup.id)
    with pytest.raises(NotFound, match=f"the whole node is not held by itself; what is: {GROUP}"):
        await node.holds.release(None)
    assert len(await node.holds.list()) == 1


async def test_a_hold_must_end_in_time_to_come(node: Node, backup: TaskView) -> None:
    for moment in (node.core.now() - 1, dates.LATEST + 1):
        with pytest.raises(BadInput, match="time to come"):
            await node.holds.hold(GROUP, moment)
    assert await node.holds.list() == []


async def test_what_is_held_must_be_there_and_clear(node: Node, backup: TaskView) -> None:
    with pytest.raises(NotFound, match=f"the nearest: {GROUP}"):
        await node.holds.hold("Replicated task")
    with pytest.raises(NotFound, match=f"the nearest: {GROUP}/databases/backup"):
        await node.holds.hold(f"{GROUP}/databases/bakup")
    await node.groups.add(GROUP.upper())
    with pytest.raises(Ambiguous):
        await node.holds.hold(GROUP.lower())


async def test_a_hold_outlives_what_it_holds_and_can_still_be_released(node: Node, backup: TaskView) -> None:
    await node.holds.hold(backup.id)
    await node.tasks.remove([backup.id])
    [left] = await node.holds.list()
    assert left.name == f"{GROUP}/{backup.id}"
    await node.holds.hold(GROUP)
    await node.groups.remove(GROUP)
    for hold in await node.holds.list():
        await node.holds.release(hold.name)
    assert await node.holds.list() == []


NOW = datetime(2026, 11, 22, 9, 0, 30, tzinfo=UTC)


def micros(moment: datetime) -> int:
    return round(moment.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30m", "2026-11-22T09:30:30Z"),
        ("2h", "2026-11-22T11:00:30Z"),
        ("1d 12h", "2026-11-23T21:00:30Z"),
        ("1h30m", "2026-11-22T10:30:30Z"),
        ("90 min", "2026-11-22T10:30:30Z"),
        ("1w", "2026-11-29T09:00:30Z"),
        ("18:00", "2026-11-22T17:00:00Z"),
        ("10:00:30", "2026-11-23T09:00:30Z"),
        ("9:15", "2026-11-23T08:15:00Z"),
        ("2026-12-24", "2026-12-23T23:00:00Z"),
        ("2026-12-24 18:00", "2026-12-24T17:00:00Z"),
        ("2026-12-24T18:00:00Z", "2026-12-24T18:00:00Z"),
        ("2027-03-28 02:30", "2027-03-28T01:00:00Z"),
    ],
)
def test_when_something_ends_is_a_length_or_a_time_in_the_zone(text: str, moment: str) -> None:
    assert dates.format_date(until.either(text, micros(NOW), "Europe/Berlin")) == moment.replace(
        "Z", ".000000Z"
    )


@pytest.mark.parametrize(
    "text",
    ["", "h", "soon", "2x", "2h nonsense", "0m", "99999d", "25:00", "9:60", "2026-13-01", "2026-11-22 08:00"],
)
def test_what_is_no_end_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match=r"as in 2h|as 30m|as 18:00|as 18:00 or"):
        until.either(text, micros(NOW), "UTC")


async def test_a_node_reads_ends_by_its_own_clock(node: Node) -> None:
    before = node.core.now()
    assert before <= node.holds.until_after("2h") - 120 * MINUTE <= node.core.now()
    assert node.holds.until_at("2999-01-01 00:00Z") == node.holds.until("2999-01-01 00:00Z")


async def test_the_status_shows_what_is_held_and_whose_last_run_failed(node: Node, backup: TaskView) -> None:
    await node.holds.hold(GROUP)
    clean = await node.tasks.add(GROUP, a_task("clean"))
    run = await write(node, lambda db: ran(db, backup, "failed", exit_code=2))
    await write(node, lambda db: [ran(db, backup, "queued", trigger="retry"), ran(db, clean, "stopped")])
    status = await node.status()
    assert [hold.name for hold in status.holds] == [GROUP]
    assert [(each.id, each.group) for each in status.failing] == [(run.id, GROUP)]
    assert not status.healthy
    await write(node, lambda db: ran(db, backup, "running"))
    assert not (await node.status()).healthy, "it has not succeeded yet"
    await node.tasks.set_enabled([backup.id, clean.id], False)
    assert (await node.status()).healthy, "what is off fails no more, and waits for no service"
    await node.tasks.set_enabled([backup.id], True)
    await write(node, lambda db: ran(db, backup))
    assert (await node.status()).failing == ()


async def test_a_removed_task_does_not_fail_for_ever(node: Node, backup: TaskView) -> None:
    await write(node, lambda db: ran(db, backup, "failed"))
    await node.tasks.remove([backup.id])
    status = await node.status()
    assert (status.healthy, status.failing) == (True, ())
    assert await node.core.store.read(runs.last_failures)
