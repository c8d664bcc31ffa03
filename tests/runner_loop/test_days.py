"""Whole days of schedule, by a given clock: exactly the documented times are run, each once."""

import pytest

from tests.runner_loop.world import DAY, GROUP, HOUR, MINUTE, SECOND, World, micros, shown

BERLIN = "Europe/Berlin"


def wall(world: World, number: int) -> list[str]:
    return [text[4:9] + text[-5:] for text in shown(world.begun(number), BERLIN)]


DOCUMENTED = [
    # As in docs/schedules.md: the runs from 01:00 to 04:00 when the clock is put forward, and back.
    ("30 2 * * *", ["03:00+0200"], ["02:30+0200"]),
    ("0,30 2 * * *", ["03:00+0200"], ["02:00+0200", "02:30+0200"]),
    ("0 3 * * *", ["03:00+0200"], ["03:00+0100"]),
    (
        "30 * * * *",
        ["01:30+0100", "03:30+0200"],
        ["01:30+0200", "02:30+0200", "02:30+0100", "03:30+0100"],
    ),
    ("0 */2 * * *", ["04:00+0200"], ["02:00+0200", "02:00+0100", "04:00+0100"]),
    ("*/30 2 * * *", [], ["02:00+0200", "02:30+0200", "02:00+0100", "02:30+0100"]),
    ("every 2h", ["01:00+0100", "04:00+0200"], ["02:00+0200", "03:00+0100"]),
]


@pytest.mark.parametrize(
    ("start", "column"), [("2026-03-29T00:59:59+01:00", 1), ("2026-10-25T00:59:59+02:00", 2)]
)
async def test_a_change_of_the_clock_fires_exactly_the_documented_times(start: str, column: int) -> None:
    world = World(start, zone=BERLIN)
    for number, row in enumerate(DOCUMENTED, 1):
        world.put(number, row[0])
    hours = 2 if column == 1 else 4
    await world.live(hours * HOUR + 2 * SECOND)
    assert [wall(world, number) for number in range(1, len(DOCUMENTED) + 1)] == [
        row[column] for row in DOCUMENTED
    ]
    assert not world.decisions()
    world.check()


@pytest.mark.parametrize("date", ["2026-03-29", "2026-10-25", "2026-06-01"])
async def test_a_whole_day_runs_every_minute_of_it(date: str) -> None:
    world = World(f"{date}T00:00:00+00:00", zone=BERLIN)
    world.put(1, "* * * * *")
    world.put(2, "0 3 * * *")
    world.put(3, "0 3 * * *", timezone="Asia/Tokyo")
    await world.live(DAY)
    start = micros(f"{date}T00:00:00+00:00")
    assert world.begun(1) == [start + minute * MINUTE for minute in range(1, 1441)]
    assert wall(world, 2) == ["03:00" + ("+0100" if date == "2026-10-25" else "+0200")]
    assert world.begun(3) == [start + 18 * HOUR]
    assert all(run.state == "ok" and run.trigger == "schedule" for run in world.runs())
    world.check()


async def test_runs_begin_when_they_are_due() -> None:
    world = World()
    world.put(1, "every 7s")
    began: list[int] = []
    plan = world.executor.plan

    def watch(work: object) -> object:
        began.append(world.now)
        return plan(work)  # type: ignore[arg-type]

    world.executor.plan = watch  # type: ignore[assignment]
    await world.live(10 * MINUTE)
    assert len(began) == 85 or len(began) == 86
    assert began == world.begun(1)


async def test_schedules_that_agree_make_one_run() -> None:
    world = World("2026-11-22T11:59:00+00:00")
    world.put(1, "0 12 * * *", "every 1h", "at 2026-11-22 12:00")
    await world.live(HOUR)
    assert len(world.begun(1)) == 1


async def test_jitter_starts_later_by_the_same_and_changes_no_due_time() -> None:
    from atsn_tui.model.task import Options

    world = World()
    world.put(1, "*/10 * * * *", options=Options(jitter=300))
    began: list[int] = []
    plan = world.executor.plan

    def watch(work: object) -> object:
        began.append(world.now)
        return plan(work)  # type: ignore[arg-type]

    world.executor.plan = watch  # type: ignore[assignment]
    await world.live(2 * HOUR)
    late = {now - due for now, due in zip(began, world.begun(1), strict=True)}
    assert len(late) == 1
    assert 0 < late.pop() <= 300 * SECOND
    assert len(began) in (11, 12)


async def test_days_off_are_recorded_when_they_come() -> None:
    from atsn_tui.model.settings import Holidays
    from atsn_tui.model.task import Options

    world = World("2026-12-24T00:00:00+00:00")
    world.change_settings(GROUP, holidays=Holidays(country="DE"))
    world.put(1, "0 12 * * *", options=Options(on_holiday="skip"))
    world.put(2, "0 12 * * *", options=Options(on_holiday="next_workday"))
    world.put(3, "0 12 * * *")
    await world.live(36 * HOUR + MINUTE)  # until Christmas Day, noon
    assert [shown(world.begun(number), "UTC") for number in (1, 2, 3)] == [
        ["24. 12:00:00+0000"],
        ["24. 12:00:00+0000"],
        ["24. 12:00:00+0000", "25. 12:00:00+0000"],
    ]
    (skipped,) = world.decisions(1)
    assert (skipped.kind, skipped.count, skipped.first) == ("holiday", 1, micros("2026-12-25T12:00:00+00:00"))
    assert "Fri 2026-12-25 is Christmas Day" in skipped.text
    await world.live(4 * DAY)
    assert shown(world.begun(1), "UTC")[1:] == ["27. 12:00:00+0000", "28. 12:00:00+0000", "29. 12:00:00+0000"]
    # Christmas is a Friday, Boxing Day a Saturday: both move to Monday, onto the run that is due there.
    assert shown(world.begun(2), "UTC")[1:] == ["27. 12:00:00+0000", "28. 12:00:00+0000", "29. 12:00:00+0000"]
    assert ["next workday" in each.text for each in world.decisions(2)] == [True, True]
    world.check()


async def test_a_task_runs_from_its_first_to_its_last_day() -> None:
    world = World("2026-11-22T08:00:00+00:00")
    world.put(1, "0 */6 * * *", start="2026-11-23", end="2026-11-24")
    await world.live(4 * DAY)
    assert shown(world.begun(1), "UTC") == [
        f"{day}. {hour:02}:00:00+0000" for day in (23, 24) for hour in (0, 6, 12, 18)
    ]
    assert not world.decisions()
