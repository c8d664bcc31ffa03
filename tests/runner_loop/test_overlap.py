"""Runs of one task that meet, and how many there may be at once."""

import pytest

from atsn_tui.model.run import GroupHere, Run
from atsn_tui.model.task import Options
from atsn_tui.runner.scheduling.decide import QUEUE
from atsn_tui.runner.scheduling.place import Limits
from tests.runner_loop.world import GROUP, HOUR, MINUTE, SECOND, World, micros


def overlapping(overlap: str, minutes: int = 25) -> World:
    """A task that is due every 10 minutes and takes 25."""
    world = World("2026-11-22T08:55:00+00:00")
    world.put(1, "*/10 * * * *", options=Options(overlap=overlap))  # type: ignore[arg-type]
    world.durations["t1"] = minutes * MINUTE
    return world


def spans(runs: list[Run]) -> list[tuple[int, int]]:
    """(start, end) of the runs that ended, in minutes past nine."""
    nine = 1795338000 * SECOND
    return [
        ((run.started - nine) // MINUTE, (run.ended - nine) // MINUTE)
        for run in runs
        if run.started is not None and run.ended is not None
    ]


async def test_skip_leaves_out_what_is_due_meanwhile() -> None:
    world = overlapping("skip")
    await world.live(HOUR + 2 * MINUTE)
    assert spans(world.runs()) == [(0, 25), (30, 55)]
    assert [(each.kind, each.count) for each in world.decisions()] == [("overlap", 2), ("overlap", 2)]
    assert "has not ended" in world.decisions()[0].text


async def test_queue_runs_one_after_the_other() -> None:
    world = overlapping("queue")
    await world.live(HOUR + 30 * MINUTE)
    assert spans(world.runs()) == [(0, 25), (25, 50), (50, 75)]
    assert world.begun(1) == [run.due for run in world.runs()[:4]]
    assert not world.decisions()


async def test_a_queue_has_an_end() -> None:
    world = World()
    world.put(1, "every 1m", options=Options(overlap="queue"))
    world.durations["t1"] = 5 * HOUR
    await world.live(2 * HOUR)
    waiting = [run for run in world.runs() if run.state == "queued"]
    assert len(waiting) == QUEUE
    (decision,) = world.decisions()
    assert (decision.kind, decision.count) == ("overlap", 120 - 1 - QUEUE)
    assert "100 runs of it wait already" in decision.text


async def test_parallel_runs_side_by_side() -> None:
    world = overlapping("parallel")
    await world.live(HOUR)
    assert spans(world.runs()) == [(0, 25), (10, 35), (20, 45), (30, 55)]


async def test_replace_ends_the_earlier_run_first() -> None:
    world = overlapping("replace")
    await world.live(32 * MINUTE)
    assert spans(world.runs()) == [(0, 10), (10, 20), (20, 25 + 0)] or spans(world.runs()) == [
        (0, 10),
        (10, 20),
    ]
    assert [(run.state, run.reason) for run in world.runs()[:2]] == [
        ("stopped", "a later run of the task took its place")
    ] * 2
    assert len(world.executor.living) == 1


async def test_replace_waits_for_a_run_that_ends_slowly() -> None:
    world = overlapping("replace")
    world.executor.stop = lambda run_id: world.at(90 * SECOND, lambda: world.executor.finish(run_id))  # type: ignore[method-assign]
    await world.live(18 * MINUTE)
    first, second = world.runs()
    assert first.state == "ok", "it ended by itself, before the stop took effect"
    assert second.started is not None
    assert first.ended is not None
    assert second.started >= first.ended


@pytest.mark.parametrize("of", ["node", "group", "group here"])
async def test_no_more_runs_at_once_than_the_limit_and_all_run_in_the_end(of: str) -> None:
    world = World("2026-11-22T08:55:00+00:00")
    if of == "group here":
        world.run_here(GroupHere(max_parallel=3))
    else:
        world.options["limits"] = Limits(**{of: 3})
    for number in range(1, 11):
        world.put(number, "0 9 * * *")
        world.durations[f"t{number}"] = 10 * MINUTE
    most = 0

    def look() -> None:
        nonlocal most
        most = max(most, len(world.executor.living))
        world.at(MINUTE, look)

    look()
    await world.live(HOUR)
    assert most == 3
    assert [run.state for run in world.runs()] == ["ok"] * 10
    assert not world.decisions()
    world.check()


async def test_groups_have_their_limits_each_for_itself() -> None:
    world = World("2026-11-22T08:55:00+00:00")
    other = "0b000000-0000-4000-8000-000000000000"
    world.add_group(other, "others")
    world.options["limits"] = Limits(group=1)
    for number, group_id in ((1, GROUP), (2, GROUP), (3, other), (4, other)):
        world.put(number, "0 9 * * *", group_id=group_id)
        world.durations[f"t{number}"] = HOUR
    await world.live(10 * MINUTE)
    assert {work.run.group_id for work in world.executor.begun} == {GROUP, other}
    assert len(world.executor.begun) == 2


async def test_a_run_that_waits_for_its_retry_has_not_ended() -> None:
    world = World("2026-11-22T08:55:00+00:00")
    world.put(1, "*/10 * * * *", options=Options(retries=1, retry_delay=900))
    world.exits["t1"] = [1]
    await world.live(31 * MINUTE)
    assert [(run.trigger, run.state) for run in world.runs()] == [
        ("schedule", "failed"),
        ("retry", "ok"),
        ("schedule", "ok"),
    ]
    (decision,) = world.decisions()
    assert (decision.kind, decision.text) == ("overlap", "an earlier run waits to begin")


@pytest.mark.parametrize("by", ["its end", "a release"])
async def test_what_waits_when_a_hold_begins_waits_until_it_ends(by: str) -> None:
    world = overlapping("queue")
    eleven = micros("2026-11-22T11:00:00+00:00")
    world.at(17 * MINUTE, lambda: world.hold(1, until=eleven if by == "its end" else None))
    world.at(2 * HOUR + 5 * MINUTE, lambda: world.release(1) if by == "a release" else None)
    await world.live(HOUR)
    first, second = world.runs()
    assert (first.state, second.state) == ("ok", "queued")
    assert second.reason.startswith("the task is held")
    await world.live(2 * HOUR)
    assert world.runs()[1].started == eleven
    assert [each.kind for each in world.decisions()] == ["held"]


async def test_one_that_cannot_begin_holds_up_only_its_own_task() -> None:
    world = World("2026-11-22T08:55:00+00:00")
    world.options["limits"] = Limits(node=2)
    world.put(1, "every 1m", options=Options(overlap="queue"))
    world.put(2, "every 1m", options=Options(overlap="queue"))
    world.durations["t1"] = HOUR
    world.durations["t2"] = 90 * SECOND
    await world.live(10 * MINUTE)
    assert len(world.begun(1)) == 1
    assert len(world.begun(2)) == 7
