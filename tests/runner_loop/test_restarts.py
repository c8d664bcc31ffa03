"""Starts, crashes and reboots: nothing runs twice, nothing stays running, and the records say what happened."""

import pytest

from atsn_tui.errors import AtsnError, Refused
from atsn_tui.model.task import Options
from atsn_tui.runner.scheduling.executor import Ended
from tests.runner_loop.world import DAY, HOUR, MINUTE, SECOND, World, micros

START = "2026-11-22T08:59:30+00:00"


async def test_a_run_outlives_the_service_and_its_end_is_recorded() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    world.durations["t1"] = 10 * MINUTE
    await world.live(MINUTE)
    await world.sleep(20 * MINUTE)
    assert world.runs()[0].state == "running"
    await world.live(MINUTE)
    (run,) = world.runs()
    assert (run.state, run.exit_code, run.ended) == ("ok", 0, micros("2026-11-22T09:10:00+00:00"))
    assert not world.executor.untold
    world.check()


async def test_a_living_run_is_found_again_and_counts_as_running() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *")
    world.durations["t1"] = 15 * MINUTE
    await world.live(MINUTE)
    await world.live(20 * MINUTE)
    assert [run.state for run in world.runs()] == ["ok", "running"]
    assert [each.kind for each in world.decisions()] == ["overlap"]


async def test_after_a_reboot_the_record_says_interrupted() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    world.put(2, "after t1 on failure")
    world.durations["t1"] = HOUR
    await world.live(MINUTE)
    world.reboot("boot-2")
    await world.live(MINUTE)
    (run,) = world.runs(1)
    assert (run.state, run.reason) == ("interrupted", "the machine went down while it ran")
    assert len(world.runs(2)) == 1
    world.check()


async def test_a_run_that_nobody_knows_any_more_ends_as_unknown() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    world.durations["t1"] = HOUR
    await world.live(MINUTE)
    world.executor.boot()
    await world.live(MINUTE)
    assert world.runs()[0].state == "unknown"


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("transaction", range(1, 9))
async def test_killed_at_any_transaction_every_job_runs_once(transaction: int, committed: bool) -> None:
    world = World(START)
    for number in range(1, 11):
        world.put(number, "0 9 * * *")
        world.durations[f"t{number}"] = number * SECOND
    world.store.crash_at, world.store.crash_after = transaction, committed
    await world.live(2 * MINUTE)
    assert [run.state for run in world.runs()] == ["ok"] * 10
    assert len(world.executor.begun) == 10
    assert not world.decisions()
    world.check()


async def test_a_run_that_was_not_begun_in_time_is_not_begun_at_all() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    begin = world.executor.start
    world.executor.start = lambda work: None  # type: ignore[method-assign]
    await world.live(MINUTE)
    world.executor.start = begin  # type: ignore[method-assign]
    assert world.runs()[0].state == "starting"
    await world.sleep(HOUR)
    await world.live(MINUTE)
    (run,) = world.runs()
    assert (run.state, run.reason) == ("interrupted", "the service ended before it began")
    assert not world.executor.begun


async def test_startup_runs_at_each_start_of_the_service() -> None:
    world = World(START)
    world.put(1, "@startup")
    world.put(2, "@startup +5m")
    await world.sleep(MINUTE)
    for _ in range(3):
        await world.live(10 * MINUTE)
    assert len(world.begun(1)) == len(world.begun(2)) == 3
    assert {run.trigger for run in world.runs()} == {"startup"}
    assert [later - first for first, later in zip(world.begun(1), world.begun(2), strict=True)] == [
        5 * MINUTE
    ] * 3


async def test_a_delayed_startup_begins_anew_with_the_service() -> None:
    world = World(START)
    world.put(1, "@startup +5m")
    await world.sleep(MINUTE)
    await world.live(3 * MINUTE)
    await world.live(4 * MINUTE)
    assert not world.runs()
    await world.live(6 * MINUTE)
    assert len(world.runs()) == 1


async def test_reboot_runs_once_for_each_boot() -> None:
    world = World(START)
    world.put(1, "@reboot")
    await world.sleep(MINUTE)
    await world.live(MINUTE)
    await world.live(MINUTE)
    assert len(world.begun(1)) == 1
    world.reboot("boot-2")
    await world.live(MINUTE)
    await world.live(MINUTE)
    assert len(world.begun(1)) == 2
    world.remove(1)
    world.put(1, "@reboot")
    await world.live(MINUTE)
    assert len(world.begun(1)) == 2
    world.put(2, "@reboot")
    await world.live(MINUTE)
    assert not world.begun(2), "it was made after the first start"


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("transaction", range(1, 7))
async def test_a_crash_does_not_take_a_reboot_task_away(transaction: int, committed: bool) -> None:
    world = World(START)
    world.put(1, "@reboot +1m")
    await world.sleep(MINUTE)
    world.store.crash_at, world.store.crash_after = transaction, committed
    await world.live(5 * MINUTE)
    assert len(world.begun(1)) == 1


async def test_what_is_removed_and_comes_back_does_not_run_again() -> None:
    world = World(START)
    world.put(1, "0 9 * * *", options=Options(missed="once"))
    await world.live(MINUTE)
    world.remove(1)
    await world.live(MINUTE)
    world.put(1, "0 9 * * *", options=Options(missed="once"))
    await world.live(HOUR)
    await world.live(HOUR)
    assert len(world.begun(1)) == 1
    await world.live(DAY)
    assert len(world.begun(1)) == 2


async def test_an_edit_while_no_service_ran_counts_from_its_own_time() -> None:
    world = World(START)
    world.put(1, "0 12 * * *", options=Options(missed="once"))
    await world.live(MINUTE)
    await world.sleep(30 * MINUTE)  # until half past nine
    world.put(1, "0 * * * *", options=Options(missed="once"))
    await world.sleep(2 * HOUR)
    await world.live(MINUTE)
    assert world.begun(1) == [micros("2026-11-22T11:00:00+00:00")]
    assert [(each.kind, each.count) for each in world.decisions()] == [("missed", 1)]


async def test_other_edits_change_no_times() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *")
    await world.live(MINUTE)
    world.at(9 * MINUTE, lambda: world.put(1, "*/10 * * * *", notes="a note"))
    await world.sleep(9 * MINUTE + 40 * SECOND)  # it is edited, and due while nobody is there
    await world.live(MINUTE)
    assert len(world.begun(1)) == 2


async def test_a_task_that_is_edited_while_it_runs_ends_under_its_old_version() -> None:
    world = World(START)
    world.put(1, "0 9 * * *", options=Options(success_codes=(7,), retries=1, retry_delay=60))
    world.durations["t1"] = 5 * MINUTE
    world.exits["t1"] = [0, 0]
    world.at(2 * MINUTE, lambda: world.put(1, "0 9 * * *", notes="a note"))
    await world.live(3 * MINUTE)
    await world.live(HOUR)
    old, new = world.runs()
    assert (old.state, old.attempt) == ("failed", 1)
    assert (new.state, new.attempt) == ("ok", 2)
    assert old.version != new.version


@pytest.mark.parametrize("failure", ["the store", "the executor"])
async def test_the_loop_goes_on_after_a_failure(failure: str, caplog: pytest.LogCaptureFixture) -> None:
    world = World(START)
    world.put(1, "*/10 * * * *", "@startup")
    await world.sleep(5 * SECOND)
    world.durations["t1"] = 10 * SECOND

    def fail() -> None:
        if failure == "the store":
            world.store.fail = Refused("the database is busy")
        else:
            world.executor.fail(AtsnError("the keeper is lost"))

    world.at(9 * MINUTE, fail)
    await world.live(25 * MINUTE)
    assert [run.state for run in world.runs()] == ["ok", "ok", "ok", "ok"]
    assert len(world.begun(1)) == 4
    assert "the scheduler begins anew" in caplog.text
    world.check()


async def test_one_broken_task_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    def allowed(task: object, *_: object) -> str | None:
        if getattr(task, "name", "") == "t1":
            raise ZeroDivisionError("a bug in the policy")
        return None

    world = World(START)
    world.options["allowed"] = allowed
    world.put(1, "*/10 * * * *")
    world.put(2, "*/10 * * * *")
    await world.live(HOUR)
    assert len(world.begun(2)) == 6
    (decision,) = world.decisions(1)
    assert (decision.kind, decision.text) == (
        "invalid",
        "a fault of ours: ZeroDivisionError('a bug in the policy')",
    )


async def test_what_cannot_begin_has_failed_with_the_reason() -> None:
    world = World(START)
    world.put(1, "0 9 * * *")
    world.executor.plan = lambda work: (
        0,
        Ended(run_id=work.run.id, how="not_started", message="user nobody2 does not exist on this node"),
    )
    await world.live(MINUTE)
    (run,) = world.runs()
    assert (run.state, run.reason, run.exit_code) == (
        "failed",
        "user nobody2 does not exist on this node",
        None,
    )


async def test_options_can_be_changed_while_tasks_run() -> None:
    world = World(START, zone="UTC")
    world.put(1, "0 12 * * *")
    world.put(2, "@startup")
    await world.sleep(SECOND)

    def change() -> None:
        assert world.scheduler is not None
        from msgspec.structs import replace

        world.scheduler.change(place=replace(world.place, zone="Asia/Tokyo"))

    world.at(10 * MINUTE, change)
    await world.live(20 * HOUR)
    assert world.begun(1) == [micros("2026-11-23T03:00:00+00:00")]
    assert len(world.begun(2)) == 1


async def test_a_machine_that_starts_in_the_past_runs_what_is_for_its_start() -> None:
    world = World(START)
    world.put(1, "@reboot")
    world.put(2, "@startup")
    await world.sleep(MINUTE)
    world.clock.jump(-50 * 365 * DAY)
    await world.live(MINUTE)
    world.clock.jump(50 * 365 * DAY)
    await world.live(MINUTE)
    assert (len(world.begun(1)), len(world.begun(2))) == (1, 2)
