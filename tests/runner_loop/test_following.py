"""Following edits: what is changed counts from the moment when it is committed, however much there is of it."""

import sqlite3
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from atsn_tui.model import codec
from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Command, Options, Task
from atsn_tui.runner.scheduling.batch import Batch
from atsn_tui.store import changes, groups, tasks
from atsn_tui.store.changes import Edit
from tests.runner_loop.world import DAY, GROUP, HOUR, LOCAL, MINUTE, SECOND, World, micros, task_id

MANY = 1500
START = "2026-11-22T08:59:30+00:00"
OTHER = "0b000000-0000-4000-8000-000000000000"
NINE = micros("2026-11-22T09:00:00+00:00")


def change_all(world: World, edited: Callable[[Task | None], Task | None], *, tell: bool = True) -> None:
    """Change many tasks in one commit, as a replication does."""

    def write(db: sqlite3.Connection) -> None:
        ids = [task_id(number) for number in range(1, MANY + 1)]
        before = {row.record.id: codec.decode_task(row.record.body) for row in tasks.get(db, GROUP, ids)}
        edits = []
        for each in ids:
            after = edited(before.get(each))
            edits.append(Edit(each, None if after is None else codec.record(each, world.now, after), LOCAL))
        changes.commit(db, GROUP, edits, world._entry())

    world.store.change(write)
    if tell and world.scheduler is not None:
        world.scheduler.notice()


def made(before: Task | None) -> Task:
    return Task(name="job", action=Command(command="true"), schedules=("0 9 * * *",))


@pytest.mark.parametrize("change", ["disabled", "removed", "moved"])
async def test_what_is_changed_right_before_it_is_due_runs_as_it_is_then(change: str) -> None:
    def edited(before: Task | None) -> Task | None:
        assert before is not None
        if change == "removed":
            return None
        return (
            replace(before, enabled=False)
            if change == "disabled"
            else replace(before, schedules=("1 9 * * *",))
        )

    world = World(START)
    change_all(world, made)
    world.at(30 * SECOND - 1, lambda: change_all(world, edited, tell=False))
    await world.live(45 * SECOND)
    assert not world.executor.begun
    await world.live(MINUTE)
    assert len(world.executor.begun) == (MANY if change == "moved" else 0)
    assert len(world.decisions()) == (MANY if change == "disabled" else 0)


async def test_many_that_are_due_at_once_all_run_once() -> None:
    world = World(START)
    change_all(world, made)
    await world.live(MINUTE)
    assert len(world.runs()) == MANY
    assert {run.state for run in world.runs()} == {"ok"}
    assert {run.due for run in world.runs()} == {NINE}
    world.check()


async def test_edits_that_come_while_others_are_followed_are_not_lost() -> None:
    world = World(START)
    change_all(world, lambda _: replace(made(None), schedules=("0 12 * * *",)))
    read, reads = world.store.read, 0

    async def interrupted(function: Callable[[sqlite3.Connection], object]) -> object:
        nonlocal reads
        found = await read(function)
        reads += 1
        if reads == 5:
            change_all(world, made)
            world.put(1, "30 9 * * *")
        if reads == 8:
            world.put(2, "0 9 * * *", notes="once more")
        return found

    def edit() -> None:
        change_all(world, lambda _: replace(made(None), schedules=("0 13 * * *",)))
        world.store.read = interrupted  # type: ignore[method-assign,assignment]

    world.at(10 * SECOND, edit)
    await world.live(MINUTE)
    assert reads > 20
    assert len(world.executor.begun) == MANY - 1
    await world.live(HOUR)
    assert len(world.executor.begun) == MANY
    assert not world.decisions()


async def test_other_days_off_count_at_once() -> None:
    world = World("2026-11-22T08:00:00+00:00")
    for number in range(1, 6):
        world.put(number, "0 12 * * *", options=Options(on_holiday="skip"))
    world.put(6, "0 12 * * *")
    world.at(HOUR, lambda: world.change_settings(holidays=Holidays(dates=("2026-11-22",))))
    await world.live(5 * HOUR)
    assert [work.task.name for work in world.executor.begun] == ["t6"]
    assert {each.text for each in world.decisions()} == {"Sun 2026-11-22 is a day off of the group"}
    await world.live(DAY)
    assert len(world.executor.begun) == 7


async def test_a_group_that_goes_and_comes_back_does_not_run_again() -> None:
    world = World(START)
    other = "0b000000-0000-4000-8000-000000000000"
    missed = Options(missed="once")
    world.add_group(other, "others")
    world.put(1, "0 9 * * *", group_id=other, options=missed)
    world.at(MINUTE, lambda: world._write(lambda db: groups.remove_group(db, other, world._entry())))
    await world.live(2 * MINUTE)
    world.add_group(other, "others")
    world.put(1, "0 9 * * *", group_id=other, options=missed)
    await world.live(HOUR)
    assert len(world.begun(1)) == 1


async def test_a_group_that_takes_another_id_does_not_run_again() -> None:
    world = World(START)
    other = OTHER
    world.put(1, "0 9 * * *", options=Options(missed="once"))
    world.at(31 * SECOND, lambda: world._write(lambda db: groups.rename_id(db, GROUP, other, world._entry())))
    await world.live(10 * MINUTE)
    await world.live(10 * MINUTE)
    assert len(world.begun(1)) == 1
    assert [run.group_id for run in world.runs(1, other)] == [other]
    await world.live(DAY)
    assert len(world.begun(1)) == 2


def between_decision_and_commit(world: World, change: Callable[[sqlite3.Connection], object]) -> None:
    """Let another process make a change right before the scheduler writes that its first run begins."""
    write = world.store.write

    async def late(function: Callable[[sqlite3.Connection], object]) -> object:
        if isinstance(getattr(function, "__self__", None), Batch) and function.__self__.starts:  # type: ignore[attr-defined]
            world.store.write = write  # type: ignore[method-assign]
            world.store.change(change)
        return await write(function)

    world.store.write = late  # type: ignore[assignment]


async def test_what_is_due_while_its_group_takes_another_id_runs_once_and_under_the_new_one() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    world.put(2, "* * * * *", options=Options(overlap="skip"))
    world.durations["t2"] = 10 * MINUTE
    between_decision_and_commit(world, lambda db: groups.rename_id(db, GROUP, OTHER, world._entry()))
    await world.live(5 * MINUTE)
    assert (world.begun(1), world.begun(2)) == ([NINE], [NINE])
    assert world.starts == 1
    assert [run.state for run in world.runs(group_id=OTHER)] == ["ok", "running"]
    assert not world.runs()
    world.check()


async def test_what_is_due_while_its_group_is_removed_runs_at_most_once_whether_or_not_it_comes_back() -> (
    None
):
    world = World(START)
    world.put(1, "0 9 * * *")
    world.put(2, "0 9 * * *", group_id=another(world))
    between_decision_and_commit(world, lambda db: groups.remove_group(db, GROUP, world._entry()))
    world.at(32 * SECOND, lambda: (world.add_group(), world.put(1, "0 9 * * *")))
    await world.live(HOUR)
    assert (world.begun(1), world.begun(2)) == ([], [NINE])
    world.check()


async def test_a_group_that_takes_another_id_does_not_start_with_the_service_again() -> None:
    world = World(START)
    world.put(1, "@startup")
    world.put(2, "@reboot")
    await world.sleep(MINUTE)
    world.at(MINUTE, lambda: world._write(lambda db: groups.rename_id(db, GROUP, OTHER, world._entry())))
    await world.live(5 * MINUTE)
    assert (len(world.begun(1)), len(world.begun(2))) == (1, 1)
    await world.live(MINUTE)
    assert (len(world.begun(1)), len(world.begun(2))) == (2, 1)


async def test_a_run_that_goes_on_counts_for_its_group_under_the_new_id() -> None:
    world = World(START)
    world.put(1, "* * * * *", options=Options(overlap="skip"))
    world.put(2, "after t1")
    world.durations["t1"] = 3 * MINUTE
    world.at(MINUTE, lambda: world._write(lambda db: groups.rename_id(db, GROUP, OTHER, world._entry())))
    await world.live(4 * MINUTE)
    assert [run.state for run in world.runs(1, OTHER)] == ["ok", "running"]
    assert {each.kind for each in world.decisions(1, OTHER)} == {"overlap"}
    assert len(world.runs(2, OTHER)) == 1
    world.check()


async def test_the_end_of_a_run_is_recorded_though_its_group_was_removed() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    world.durations["t1"] = 3 * MINUTE
    world.at(MINUTE, lambda: world._write(lambda db: groups.remove_group(db, GROUP, world._entry())))
    await world.live(10 * MINUTE)
    assert [run.state for run in world.runs(1)] == ["ok"]
    assert world.starts == 1
    world.check()


def another(world: World) -> str:
    """Add a group besides the first one."""
    world.add_group(OTHER, "others")
    return OTHER
