"""After a restore, jobs may live of which the database knows nothing, or that they had ended."""

from collections.abc import Callable

from atsn_tui.model.task import Options
from atsn_tui.runner.scheduling.executor import Ended
from atsn_tui.store import restores
from tests.runner_loop.world import HOUR, MINUTE, SECOND, World, micros
from tests.store.samples import memory

START = "2026-11-22T08:59:30+00:00"
NINE = micros("2026-11-22T09:00:00+00:00")


def back_up(world: World) -> Callable[[], None]:
    """Keep the database as it is now; what is returned restores it."""
    kept, made_at = memory(), world.now
    world.store.db.backup(kept)

    def restore() -> None:
        kept.backup(world.store.db)
        world.store.change(lambda db: restores.take_up(db, made_at, world.now, new_identity=False))

    return restore


async def test_a_job_that_began_after_the_backup_counts_as_running_and_its_end_is_recorded() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *", options=Options(overlap="skip"))
    world.put(2, "after t1")
    world.durations["t1"] = 25 * MINUTE
    restore = back_up(world)
    await world.live(MINUTE)
    restore()
    await world.live(15 * MINUTE)
    (run,) = world.runs(1)
    assert (run.state, run.due, run.started, run.path) == ("running", NINE, NINE, "t1")
    assert [each.kind for each in world.decisions(1)] == ["overlap"]
    await world.live(14 * MINUTE)
    assert [each.state for each in world.runs(1)] == ["ok"]
    assert len(world.runs(2)) == 1
    world.check()


async def test_a_job_that_was_under_way_at_the_backup_and_still_is_goes_on() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *", options=Options(overlap="skip"))
    world.durations["t1"] = 25 * MINUTE
    await world.live(MINUTE)
    restore = back_up(world)
    await world.live(MINUTE)
    restore()
    assert world.runs()[0].state == "unknown"
    for _ in range(3):
        await world.live(5 * MINUTE)
    assert [run.state for run in world.runs()] == ["running"]
    await world.live(10 * MINUTE)
    assert [run.state for run in world.runs()] == ["ok"]
    world.check()


async def test_such_a_job_can_be_stopped_though_its_task_is_gone() -> None:
    world = World(START)
    restore = back_up(world)
    world.put(1, "0 9 * * *")
    world.durations["t1"] = HOUR
    await world.live(MINUTE)
    restore()
    world.at(SECOND, lambda: world.ask("stop", run_id=world.executor.begun[0].run.id))
    await world.live(MINUTE)
    assert [(run.state, run.path) for run in world.runs()] == [("stopped", "t1")]
    world.check()


async def test_a_job_that_ended_while_no_service_was_there_is_recorded_with_its_end() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    world.durations["t1"] = 10 * MINUTE
    world.exits["t1"] = [3]
    restore = back_up(world)
    await world.live(MINUTE)
    restore()
    await world.sleep(HOUR)
    await world.live(MINUTE)
    assert [(run.state, run.exit_code) for run in world.runs()] == [("failed", 3)]
    assert not world.executor.untold


async def test_an_end_that_is_recorded_already_changes_nothing() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    await world.live(MINUTE)
    (run,) = world.runs()
    world.executor.untold[run.id] = Ended(run_id=run.id, how="unknown")
    await world.live(MINUTE)
    assert world.runs() == [run]
    assert not world.executor.untold


async def test_output_is_removed_of_runs_that_nobody_knows_any_more() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    world.put(2, "0 9 * * *")
    world.durations["t2"] = HOUR
    restore = back_up(world)
    await world.live(MINUTE)
    restore()
    ended, lives = (work.run.id for work in sorted(world.executor.begun, key=lambda work: work.task.name))
    world.executor.outputs = frozenset((ended, lives))
    await world.live(MINUTE)
    assert world.executor.discarded == [ended]
