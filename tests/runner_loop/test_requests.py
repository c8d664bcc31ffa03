"""What people ask for, what is told of ends, and what is removed or forgotten in time."""

import asyncio
from collections.abc import Callable

import pytest

from atsn_tui.model.task import Options
from atsn_tui.runner.scheduling.events import ClockSet, NotRun, RunEnded, RunQueued, RunStarted
from atsn_tui.runner.scheduling.reporting import Finished
from atsn_tui.runner.scheduling.retention import Retention
from atsn_tui.store import instants, runs, tasks
from tests.runner_loop.world import DAY, GROUP, HOUR, MINUTE, SECOND, World, micros, task_id

START = "2026-11-22T08:59:30+00:00"


async def test_run_now_runs_even_what_is_disabled_and_answers_with_the_run() -> None:
    world = World(START)
    world.put(1, "manual", enabled=False)
    asked = world.ask("run", 1)
    await world.live(MINUTE)
    (run,) = world.runs()
    assert (run.trigger, run.who, run.state) == ("manual", "ada", "ok")
    request = world.request(asked)
    assert (request.state, request.result, request.run_id) == ("done", "t1 begins", run.id)


async def test_run_now_says_why_not() -> None:
    world = World(START)
    world.put(1, "manual")
    world.durations["t1"] = HOUR
    asked: list[str] = []
    for after in (1, 2):
        world.at(after * MINUTE, lambda: asked.append(world.ask("run", 1)))
    world.at(3 * MINUTE, lambda: asked.append(world.ask("run", 9)))
    await world.live(10 * MINUTE)
    assert [(world.request(each).state, world.request(each).result) for each in asked] == [
        ("done", "t1 begins"),
        ("refused", "t1 does not run now: an earlier run has not ended"),
        ("refused", "there is no such task any more"),
    ]
    assert [(each.kind, each.trigger) for each in world.decisions()] == [("overlap", "manual")]


async def test_a_request_is_answered_once_whenever_the_service_is_killed() -> None:
    for committed in (False, True):
        for transaction in range(1, 6):
            world = World(START)
            world.put(1, "manual")
            asked = world.ask("run", 1)
            world.store.crash_at, world.store.crash_after = transaction, committed
            await world.live(MINUTE)
            assert world.request(asked).state == "done"
            assert len(world.executor.begun) == 1


async def test_stopping_ends_what_runs_and_what_waits() -> None:
    world = World(START)
    world.put(1, "every 10m", options=Options(overlap="queue"))
    world.durations["t1"] = 2 * HOUR
    asked: list[str] = []

    def stop(place: int) -> None:
        asked.append(world.ask("stop", run_id=world.runs()[place].id))

    world.at(15 * MINUTE, lambda: stop(1))
    world.at(16 * MINUTE, lambda: stop(0))
    world.at(17 * MINUTE, lambda: stop(0))
    world.at(18 * MINUTE, lambda: asked.append(world.ask("stop", run_id="nonsense")))
    await world.live(19 * MINUTE)
    assert [(run.state, run.reason, run.started is None) for run in world.runs()] == [
        ("stopped", "stopped by ada", False),
        ("stopped", "stopped by ada", True),
    ]
    assert [(world.request(each).state, world.request(each).result) for each in asked] == [
        ("done", "t1 does not run"),
        ("done", "t1 was told to end"),
        ("refused", "that run is over already"),
        ("refused", "there is no such run: atsn runs shows those there are"),
    ]


async def test_everything_is_told_in_its_order() -> None:
    world = World(START, poll=1.0)
    world.put(1, "*/10 * * * *", options=Options(overlap="queue"))
    world.put(2, "0 9 * * *", enabled=False)
    world.durations["t1"] = 15 * MINUTE
    world.at(12 * MINUTE, lambda: world.clock.jump(-MINUTE))
    await world.live(20 * MINUTE)
    kinds = [type(event) for event in world.events]
    assert set(kinds[:2]) == {RunStarted, NotRun}, "two tasks that are due at once have no order"
    assert kinds[2:] == [RunQueued, ClockSet, RunEnded, RunStarted]


async def test_every_end_is_told_though_telling_fails_or_is_cut_short(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[str] = []

    async def on_end(finished: Finished) -> None:
        assert finished.settings is not None
        assert finished.group == "jobs"
        told.append(finished.task.name)
        if finished.task.name == "t2":
            raise ValueError("the mail cannot be written")

    world = World(START)
    world.options["on_end"] = on_end
    for number in (1, 2, 3):
        world.put(number, f"{number} 9 * * *")
    await world.live(10 * MINUTE)
    assert told == ["t1", "t2", "t3"]
    assert "the mail cannot be written" in caplog.text
    assert not runs.unreported(world.store.db, 10)


async def test_an_end_that_could_not_be_told_is_told_after_the_restart() -> None:
    told: list[str] = []

    async def hang(finished: Finished) -> None:
        await asyncio.Event().wait()

    async def on_end(finished: Finished) -> None:
        told.append(finished.run.id)

    world = World(START)
    world.options["on_end"] = hang
    world.put(1, "0 9 * * *")
    await world.live(MINUTE)
    world.options["on_end"] = on_end
    await world.live(MINUTE)
    assert told == [world.runs()[0].id]


async def test_a_task_that_is_over_is_removed_if_it_wants_that() -> None:
    world = World(START)
    over = Options(remove_when_over=True)
    world.put(1, "at 2026-11-22 09:00", options=over)
    world.put(2, "at 2026-11-22 09:00")
    world.put(3, "at 2026-11-22 09:00", "manual", options=over)
    world.put(4, "at 2026-11-22 09:00", options=over, enabled=False)
    world.put(5, "at 2020-01-01 09:00", options=over)
    world.durations["t1"] = 10 * MINUTE
    await world.live(5 * MINUTE)
    assert present(world) == {1, 2, 3, 4, 5}, "it is not over while it runs"
    await world.live(HOUR)
    assert present(world) == {2, 3, 4, 5}, "what never ran stays, and so does what can be run by hand"
    assert world.runs(1)[0].state == "ok"


async def test_a_task_with_retries_left_is_not_over() -> None:
    world = World(START)
    world.put(1, "at 2026-11-22 09:00", options=Options(remove_when_over=True, retries=1, retry_delay=600))
    world.exits["t1"] = [1]
    await world.live(5 * MINUTE)
    assert present(world) == {1}
    await world.live(HOUR)
    assert present(world) == set()
    assert [run.state for run in world.runs()] == ["failed", "ok"]


async def test_in_a_replicated_group_it_stays_with_a_mark_until_it_is_edited() -> None:
    world = World(START)
    other = "0b000000-0000-4000-8000-000000000000"
    world.add_group(other, "replicated", replicated=True)
    world.put(1, "at 2026-11-22 09:00", options=Options(remove_when_over=True), group_id=other)
    await world.live(HOUR)
    await world.live(HOUR)
    assert [row.record.id for row in tasks.list_tasks(world.store.db, other)] == [task_id(1)]
    assert instants.timing(world.store.db, (other, task_id(1))).over
    world.put(1, "at 2026-11-22 13:00", options=Options(remove_when_over=True), group_id=other)
    await world.live(MINUTE)
    assert not instants.timing(world.store.db, (other, task_id(1))).over
    await world.live(3 * HOUR)
    assert len(world.begun(1)) == 2


def present(world: World) -> set[int]:
    return {int(row.record.id[:8], 16) for row in tasks.list_tasks(world.store.db, GROUP)}


async def test_old_records_are_forgotten_with_what_they_printed() -> None:
    world = World(START)
    world.options["retention"] = Retention(runs_per_task=5, decisions_per_task=2)
    world.put(1, "every 1m")
    await world.live(HOUR)
    kept = world.runs()
    assert 5 <= len(kept) <= 6
    assert kept[-1].due == world.begun(1)[-1]
    gone = {work.run.id for work in world.executor.begun} - {run.id for run in kept}
    assert set(world.executor.discarded) == gone


async def test_records_that_are_too_old_or_too_many_go() -> None:
    world = World(START, poll=300.0)
    world.options["retention"] = Retention(days=2, runs=7)
    for number in range(1, 5):
        world.put(number, f"{number} */6 * * *")
    await world.live(3 * DAY)
    assert 7 <= len(world.runs()) <= 11
    world.options["retention"] = Retention(days=2)
    for number in range(1, 5):
        world.remove(number)
    await world.live(5 * DAY)
    assert not world.runs()


async def test_a_clock_that_is_wrong_for_a_moment_takes_no_records() -> None:
    world = World(START, poll=300.0)
    world.options["retention"] = Retention(days=2)
    world.put(1, "*/10 * * * *")
    await world.live(HOUR)
    world.clock.jump(365 * DAY)
    await world.live(30 * MINUTE)
    world.clock.jump(-365 * DAY)
    await world.live(3 * HOUR)
    assert len(world.runs()) == len(world.executor.begun)


async def test_the_scheduler_tells_that_it_lives() -> None:
    world = World(START, poll=1.0)
    beats: list[int] = []

    def look() -> None:
        assert world.scheduler is not None
        beats.append(world.now - world.scheduler.beat)
        world.at(700_000, look)

    world.at(2 * SECOND, look)
    await world.live(MINUTE)
    assert max(beats) <= SECOND


@pytest.mark.parametrize(
    "change",
    [
        lambda world: world.put(1, "0 0 1 1 *", "at 2026-11-22 08:59:43"),
        lambda world: world.ask("run", 1),
        lambda world: world.release(2),
    ],
    ids=["an edit", "a request", "a release"],
)
async def test_what_others_write_is_noticed_at_the_next_poll(change: Callable[[World], object]) -> None:
    world = World(START, poll=1.0)
    world.put(1, "0 0 1 1 *")
    world.put(2, "at 2026-11-22 08:59:43")
    world.hold(2)

    def silently() -> None:
        scheduler, world.scheduler = world.scheduler, None
        change(world)
        world.scheduler = scheduler

    world.at(10 * SECOND + 300_000, silently)
    await world.live(20 * SECOND)
    (run,) = world.runs()
    assert run.started is not None
    assert run.started <= micros(START) + 13 * SECOND
