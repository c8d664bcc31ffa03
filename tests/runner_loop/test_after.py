"""Retries, and tasks that run after others."""

import pytest

from atsn_tui.model.task import Command, Options, Task
from atsn_tui.schedule.follows import find_circle, follows, told_circle
from tests.runner_loop.world import GROUP, HOUR, MINUTE, SECOND, World


def names(world: World) -> list[str]:
    """The tasks that began, in order."""
    return [work.task.name for work in world.executor.begun]


async def test_a_failed_run_is_tried_again_ever_later() -> None:
    world = World("2026-11-22T08:59:30+00:00")
    world.put(1, "0 9 * * *", options=Options(retries=3, retry_delay=60, retry_backoff=2))
    world.exits["t1"] = [1, 1, 1, 1]
    await world.live(HOUR)
    nine = world.runs()[0].due
    assert [(run.due - nine) // MINUTE for run in world.runs()] == [0, 1, 3, 7]
    assert [run.attempt for run in world.runs()] == [1, 2, 3, 4]
    assert [run.trigger for run in world.runs()] == ["schedule", "retry", "retry", "retry"]
    assert [run.cause for run in world.runs()] == [None, *(run.id for run in world.runs()[:3])]
    assert {run.state for run in world.runs()} == {"failed"}
    assert {run.reason for run in world.runs()} == {"it exited with 1"}


async def test_a_retry_is_not_forgotten_by_a_restart() -> None:
    world = World("2026-11-22T08:59:30+00:00")
    world.put(1, "0 9 * * *", options=Options(retries=1, retry_delay=600))
    world.exits["t1"] = [1]
    await world.live(MINUTE)
    await world.live(20 * MINUTE)
    assert [(run.state, run.attempt) for run in world.runs()] == [("failed", 1), ("ok", 2)]


async def test_exit_codes_that_mean_success() -> None:
    world = World("2026-11-22T08:59:30+00:00")
    world.put(1, "0 9 * * *", options=Options(success_codes=(0, 3)))
    world.exits["t1"] = [3]
    await world.live(MINUTE)
    assert [(run.state, run.exit_code) for run in world.runs()] == [("ok", 3)]


@pytest.mark.parametrize(("code", "expected"), [(0, ["t1", "t2", "t4"]), (1, ["t1", "t3", "t4"])])
async def test_tasks_run_after_success_failure_or_either(code: int, expected: list[str]) -> None:
    world = World("2026-11-22T08:59:30+00:00")
    world.put(1, "0 9 * * *")
    world.put(2, "after t1")
    world.put(3, "after t1 on failure")
    world.put(4, "after t1 on any")
    world.exits["t1"] = [code]
    await world.live(MINUTE)
    assert names(world) == expected
    first = world.runs(1)[0]
    assert all(
        (run.trigger, run.cause, run.lineage) == ("after", first.id, (first.task_id,))
        for run in world.runs()[1:]
    )


async def test_what_runs_after_a_task_waits_for_its_last_attempt() -> None:
    world = World("2026-11-22T08:59:30+00:00")
    world.put(1, "0 9 * * *", options=Options(retries=2, retry_delay=60))
    world.put(2, "after t1 on any")
    world.exits["t1"] = [1, 1, 0]
    await world.live(HOUR)
    assert names(world) == ["t1", "t1", "t1", "t2"]


async def test_chains_run_to_their_end() -> None:
    world = World("2026-11-22T08:59:30+00:00")
    world.put(1, "0 9 * * *", folder="databases", name="backup")
    world.put(2, "after backup", folder="databases", name="check")
    world.put(3, "after databases/check", folder="mail", name="report")
    await world.live(MINUTE)
    assert names(world) == ["backup", "check", "report"]


async def test_a_circle_ends_where_it_began() -> None:
    world = World("2026-11-22T08:59:30+00:00")
    world.put(1, "0 9 * * *", "after t3")
    world.put(2, "after t1")
    world.put(3, "after t2")
    await world.live(MINUTE)
    assert names(world) == ["t1", "t2", "t3"]
    (decision,) = world.decisions()
    assert (decision.kind, decision.trigger, decision.path) == ("circle", "after", "t1")


async def test_the_end_of_a_run_and_what_follows_are_one_transaction() -> None:
    for committed in (False, True):
        for transaction in range(1, 8):
            world = World("2026-11-22T08:59:30+00:00")
            world.put(1, "0 9 * * *")
            world.put(2, "after t1")
            world.durations["t1"] = 5 * SECOND
            world.store.crash_at, world.store.crash_after = transaction, committed
            await world.live(MINUTE)
            assert names(world) == ["t1", "t2"], f"killed at transaction {transaction}"
            assert [run.state for run in world.runs()] == ["ok", "ok"]
            world.check()


async def test_a_stopped_run_neither_succeeded_nor_failed() -> None:
    world = World("2026-11-22T08:59:30+00:00")
    world.put(1, "0 9 * * *", options=Options(retries=3))
    for number, on in ((2, "success"), (3, "failure"), (4, "any")):
        world.put(number, f"after t1 on {on}")
    world.durations["t1"] = HOUR
    world.at(MINUTE, lambda: world.ask("stop", run_id=world.runs(1)[0].id))
    await world.live(10 * MINUTE)
    assert names(world) == ["t1", "t4"]
    assert (world.runs(1)[0].state, world.runs(1)[0].reason) == ("stopped", "stopped by ada")


def task(name: str, *schedules: str, folder: str = "") -> Task:
    return Task(name=name, folder=folder, action=Command(command="true"), schedules=schedules)


def test_names_are_looked_for_nearby_first() -> None:
    tasks = {
        "1": task("backup", folder="a"),
        "2": task("backup", folder="b"),
        "3": task("check", "after backup", folder="a"),
        "4": task("check", "after a/backup", folder="b"),
        "5": task("lonely"),
        "6": task("late", "after lonely", folder="b"),
    }
    found = follows(tasks)
    assert {key: [each.task_id for each in value] for key, value in found.followers.items()} == {
        "1": ["3", "4"],
        "5": ["6"],
    }
    assert not found.unclear


def test_a_name_that_fits_none_or_several_is_told() -> None:
    tasks = {
        "1": task("backup", folder="a"),
        "2": task("backup", folder="b"),
        "3": task("check", "after backup", "after nothing"),
    }
    found = follows(tasks)
    assert not found.followers
    assert [(each.task_id, each.why) for each in found.unclear] == [
        (
            "3",
            "'after backup': 2 tasks of the group are called 'backup': name it with its folder, or rename one",
        ),
        ("3", "'after nothing': there is no task 'nothing' in the group: name one that is there"),
    ]


@pytest.mark.parametrize(
    ("tasks", "circle"),
    [
        ([task("a", "after a")], "a → a"),
        ([task("a", "after b on failure"), task("b", "after a")], "b → a → b"),
        (
            [task("x", "after c"), task("a", "after c"), task("b", "after a"), task("c", "after b")],
            "c → a → b → c",
        ),
    ],
)
def test_circles_are_found_with_who_follows_whom(tasks: list[Task], circle: str) -> None:
    found = find_circle(follows({str(number): each for number, each in enumerate(tasks)}).followers)
    assert found is not None
    assert told_circle(tasks[int(number)].path for number in found) == circle


def test_a_long_chain_and_a_diamond_are_no_circles() -> None:
    chain = {str(number): task(f"t{number}", f"after t{number - 1}") for number in range(1, 5000)}
    assert find_circle(follows({"0": task("t0", "@daily"), **chain}).followers) is None
    diamond = {
        "1": task("a"),
        "2": task("b", "after a"),
        "3": task("c", "after a"),
        "4": task("d", "after b", "after c"),
    }
    assert find_circle(follows(diamond).followers) is None


async def test_following_tasks_are_those_of_the_moment_when_the_run_ends() -> None:
    world = World("2026-11-22T08:59:30+00:00")
    world.put(1, "0 9 * * *")
    world.put(2, "after t1")
    world.durations["t1"] = 10 * MINUTE
    world.at(2 * MINUTE, lambda: world.remove(2))
    world.at(3 * MINUTE, lambda: world.put(3, "after t1"))
    await world.live(HOUR)
    assert names(world) == ["t1", "t3"]
    assert world.runs()[0].group_id == GROUP
