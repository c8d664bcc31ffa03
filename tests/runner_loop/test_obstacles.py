"""Why a due time does not run: each has its reason, as it is shown to a person."""

from typing import Any

import pytest

from atsn_tui.model.record import Origin
from atsn_tui.model.run import GroupHere
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Options, Task
from atsn_tui.runner.scheduling.decide import Facts, Skip, Start, Wait, decide, obstacles
from atsn_tui.runner.scheduling.selectors import excluded
from tests.runner_loop.world import DAY, GROUP, HOUR, MINUTE, SECOND, World, micros

START = "2026-11-22T08:59:30+00:00"


def reasons(world: World, number: int = 1) -> list[tuple[str, str, int]]:
    return [(each.kind, each.text, each.count) for each in world.decisions(number)]


async def test_a_disabled_job_of_each_minute_makes_one_record() -> None:
    world = World(START)
    world.put(1, "* * * * *", enabled=False)
    await world.live(HOUR)
    assert reasons(world) == [("disabled", "the task is disabled", 60)]
    assert not world.runs()


async def test_enabling_a_task_counts_as_an_edit_of_its_schedule() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *", enabled=False, options=Options(missed="once"))
    await world.live(HOUR + MINUTE)
    world.put(1, "*/10 * * * *", options=Options(missed="once"))
    await world.live(5 * MINUTE)
    assert not world.runs()
    await world.live(5 * MINUTE)
    assert len(world.runs()) == 1


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ((1, GROUP), "the task is held until 2026-11-22 09:30 by ada"),
        ((None, GROUP), "its group is held until 2026-11-22 09:30 by ada"),
        ((None, None), "the node is held until 2026-11-22 09:30 by ada"),
    ],
)
async def test_a_hold_ends_by_itself(on: tuple[int | None, str | None], says: str) -> None:
    world = World(START)
    world.put(1, "*/10 * * * *")
    world.put(2, "*/10 * * * *")
    world.hold(*on, until=micros("2026-11-22T09:30:00+00:00"))
    await world.live(HOUR)
    assert reasons(world) == [("held", says, 3)]
    assert len(world.begun(1)) == 3
    assert len(world.begun(2)) == (6 if on[0] else 3)


async def test_a_hold_and_its_release_are_heard_of_at_once() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *")
    world.at(15 * MINUTE, lambda: world.hold(1))
    world.at(35 * MINUTE, lambda: world.release(1))
    await world.live(HOUR)
    assert reasons(world) == [("held", "the task is held by ada", 2)]
    assert len(world.begun(1)) == 4


async def test_a_group_on_standby_does_not_run() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *")
    world.run_here(GroupHere(standby=True))
    world.at(25 * MINUTE, lambda: world.run_here(GroupHere()))
    await world.live(HOUR)
    assert reasons(world) == [("standby", "the group is on standby on this node", 3)]
    assert len(world.begun(1)) == 3


async def test_a_selector_keeps_a_task_away_from_this_node() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *", nodes=("dr", "tag:db"))
    await world.live(HOUR)
    assert reasons(world) == [("selector", "its nodes are dr, tag:db, and this node is hq with tag:web", 6)]


@pytest.mark.parametrize(
    ("selectors", "runs"),
    [
        ((), True),
        (("hq",), True),
        (("dr",), False),
        (("dr", "hq"), True),
        (("tag:web",), True),
        (("tag:db",), False),
        (("!hq",), False),
        (("!dr",), True),
        (("!tag:web",), False),
        (("!tag:db",), True),
        (("tag:web", "!hq"), False),
        (("HQ",), False),
        (("tag: web",), True),
    ],
)
def test_selectors_name_nodes_and_tags_or_leave_them_out(selectors: tuple[str, ...], runs: bool) -> None:
    assert (excluded(selectors, "hq", ("web",)) is None) == runs


async def test_the_policy_is_asked_with_both_origins() -> None:
    asked: list[tuple[str, str, str, str]] = []

    def allowed(task: Task, settings: Settings, origin: Origin, settings_origin: Origin) -> str | None:
        asked.append((task.name, settings.name, origin.kind, settings_origin.kind))
        return "tasks from a peer do not run as root here" if origin.kind == "peer" else None

    world = World(START)
    world.options["allowed"] = allowed
    world.put(1, "0 9 * * *", origin=Origin(kind="peer", who="hq"))
    world.put(2, "0 9 * * *")
    await world.live(MINUTE)
    assert sorted(asked) == [("t1", "jobs", "peer", "local"), ("t2", "jobs", "local", "local")]
    assert reasons(world) == [("policy", "tasks from a peer do not run as root here", 1)]
    assert len(world.begun(2)) == 1


async def test_what_is_due_while_nobody_is_there_is_recorded_as_missed() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *")
    await world.live(MINUTE)
    await world.sleep(HOUR + 2 * MINUTE)
    await world.live(10 * MINUTE)
    ((kind, text, count),) = reasons(world)
    assert (kind, count) == ("missed", 6)
    assert text.startswith("nothing ran here then")
    assert [(due - world.begun(1)[0]) // MINUTE for due in world.begun(1)] == [0, 70]


@pytest.mark.parametrize(("window", "made_up"), [(86_400, True), (120, False)])
async def test_once_makes_up_for_the_latest_within_its_window(window: int, made_up: bool) -> None:
    world = World(START)
    world.put(1, "*/10 * * * *", options=Options(missed="once", missed_window=window))
    await world.live(MINUTE)
    await world.sleep(HOUR + 4 * MINUTE)
    await world.live(MINUTE)
    later = [(run.trigger, run.state) for run in world.runs()[1:]]
    assert later == ([("missed", "ok")] if made_up else [])
    assert [each.count for each in world.decisions()] == [5 if made_up else 6]


async def test_a_moment_of_absence_is_no_miss() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *")
    await world.live(MINUTE)
    await world.sleep(10 * MINUTE - 20 * SECOND)  # until 10 seconds after the next is due
    await world.live(MINUTE)
    assert [run.trigger for run in world.runs()] == ["schedule", "schedule"]
    assert not world.decisions()


async def test_a_year_of_absence_takes_no_time() -> None:
    world = World(START)
    world.put(1, "* * * * *")
    world.put(2, "every 1s", options=Options(missed="once", overlap="parallel"))
    await world.live(MINUTE)
    await world.sleep(365 * DAY)
    started = world.now
    await world.live(MINUTE)
    (decision,) = world.decisions(1)
    assert (decision.kind, decision.exact) == ("missed", False)
    assert started - decision.last == 90 * SECOND, "the one after it is late by 30 seconds, and runs"
    assert len(world.begun(1)) == 3
    assert len(world.begun(2)) == 60 + 6 + 60


async def test_a_schedule_that_cannot_be_read_here_is_told_once() -> None:
    world = World(START)
    world.put(1, "0 9 * * *", timezone="Europe/Atlantis")
    world.put(2, "0 9 * * *")
    await world.live(MINUTE)
    await world.live(MINUTE)
    ((kind, text, count),) = reasons(world)
    assert (kind, count) == ("invalid", 1)
    assert "Europe/Atlantis" in text
    assert len(world.begun(2)) == 1
    world.put(1, "2 9 * * *")
    await world.live(2 * MINUTE)
    assert len(world.begun(1)) == 1


async def test_obstacles_come_before_being_missed() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *", enabled=False)
    await world.live(MINUTE)
    await world.sleep(HOUR)
    await world.live(MINUTE)
    assert reasons(world) == [("disabled", "the task is disabled", 7)]


async def test_a_run_that_waits_ends_when_it_may_not_run_any_more() -> None:
    world = World(START)
    world.put(1, "*/10 * * * *", options=Options(overlap="queue"))
    world.durations["t1"] = 25 * MINUTE
    world.at(
        13 * MINUTE, lambda: world.put(1, "*/10 * * * *", enabled=False, options=Options(overlap="queue"))
    )
    await world.live(40 * MINUTE)
    assert [(run.state, run.reason) for run in world.runs()] == [
        ("ok", ""),
        ("stopped", "the task is disabled"),
    ]


FACTS: list[tuple[dict[str, Any], object]] = [
    ({}, Start()),
    ({"enabled": False}, Skip("disabled", "the task is disabled")),
    ({"running": 1}, Skip("overlap", "an earlier run has not ended")),
    ({"running": 1, "overlap": "queue"}, Wait("an earlier run has not ended")),
    ({"running": 1, "overlap": "parallel"}, Start()),
    ({"running": 1, "overlap": "replace"}, Wait("an earlier run has not ended", replace=True)),
    ({"full": "no room"}, Wait("no room")),
    ({"full": "no room", "running": 1}, Skip("overlap", "an earlier run has not ended")),
    ({"full": "no room", "running": 1, "overlap": "parallel"}, Wait("no room")),
]


@pytest.mark.parametrize(("facts", "answer"), FACTS)
def test_decisions(facts: dict[str, Any], answer: object) -> None:
    assert decide(Facts(trigger="schedule", **facts)) == answer


def test_a_person_is_stopped_by_the_policy_alone() -> None:
    against = Facts(
        trigger="manual",
        enabled=False,
        over="over",
        held="held",
        standby=True,
        selector="elsewhere",
        holiday="Christmas",
        late="late",
    )
    assert decide(against) == Start()
    assert [each.kind for each in obstacles(Facts(trigger="manual", enabled=False, policy="no"))] == [
        "policy"
    ]
