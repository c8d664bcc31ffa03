"""All schedules of a task together: first and last day, days off, agreement."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atsn_tui.errors import BadInput
from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Command, Options, Task
from atsn_tui.schedule import Timetable, days_off, next_after, parse, timetable_of
from atsn_tui.schedule.timetable import OnHoliday

BERLIN = ZoneInfo("Europe/Berlin")
GERMANY = days_off(Holidays(country="DE"))


def table(*texts: str, zone: str = "Europe/Berlin", **rules: object) -> Timetable:
    return Timetable(tuple(parse(text) for text in texts), zone, **rules)  # type: ignore[arg-type]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def due_times(timetable: Timetable, after: str, count: int) -> list[str]:
    times = []
    moment = local(after)
    while len(times) < count and (due := timetable.next_due(moment)):
        times.append(f"{due.at.astimezone(BERLIN):%a %m-%d %H:%M}")
        moment = due.at
    return times


def test_several_schedules_take_turns() -> None:
    assert due_times(table("0 3 * * *", "30 12 * * mon"), "2026-06-07 12:00", 4) == [
        "Mon 06-08 03:00",
        "Mon 06-08 12:30",
        "Tue 06-09 03:00",
        "Wed 06-10 03:00",
    ]


def test_schedules_that_agree_make_one_run_by_the_first_of_them() -> None:
    both = table("0 3 * * *", "0 3 * * mon", "@reboot")
    due = both.next_due(local("2026-06-07 12:00"))
    assert due is not None
    assert due.schedule == "0 3 * * *"
    assert due_times(both, "2026-06-07 12:00", 2) == ["Mon 06-08 03:00", "Tue 06-09 03:00"]


def test_without_a_schedule_of_its_own_nothing_is_due() -> None:
    assert table().next_due(local("2026-06-07 12:00")) is None
    assert table("manual", "after backup", "@startup").next_due(local("2026-06-07 12:00")) is None


def test_the_first_and_the_last_day_belong_to_it() -> None:
    bounded = table("0 0 * * *", "59 23 * * *", start=date(2026, 6, 8), end=date(2026, 6, 9))
    assert due_times(bounded, "2026-01-01 00:00", 9) == [
        "Mon 06-08 00:00",
        "Mon 06-08 23:59",
        "Tue 06-09 00:00",
        "Tue 06-09 23:59",
    ]


def test_days_are_those_of_the_zone() -> None:
    tokyo = table("every 12h", zone="Asia/Tokyo", start=date(2026, 6, 8), end=date(2026, 6, 8))
    assert due_times(tokyo, "2026-01-01 00:00", 9) == ["Mon 06-08 02:00", "Mon 06-08 14:00"]


def test_run_takes_no_notice_of_days_off() -> None:
    assert due_times(table("0 8 * * *", off=GERMANY), "2026-04-03 00:00", 1) == ["Fri 04-03 08:00"]


def test_skip_leaves_out_days_off_but_not_weekends() -> None:
    skipping = table("0 8 * * *", on_holiday="skip", off=GERMANY)
    assert due_times(skipping, "2026-04-02 00:00", 4) == [
        "Thu 04-02 08:00",
        "Sat 04-04 08:00",
        "Sun 04-05 08:00",
        "Tue 04-07 08:00",
    ]


def test_skipped_times_are_told_with_the_reason() -> None:
    skipping = table("0 8,9 * * *", on_holiday="skip", off=GERMANY)
    skipped = list(skipping.skipped(local("2026-04-01 00:00"), local("2026-04-06 08:30")))
    assert [(f"{one.at.astimezone(BERLIN):%m-%d %H:%M}", one.reason) for one in skipped] == [
        ("04-03 08:00", "Fri 2026-04-03 is Good Friday"),
        ("04-03 09:00", "Fri 2026-04-03 is Good Friday"),
        ("04-06 08:00", "Mon 2026-04-06 is Easter Monday"),
    ]
    assert skipped[0].schedule == "0 8,9 * * *"
    assert skipped[0].moved_to is None
    assert (
        list(table("0 8 * * *", off=GERMANY).skipped(local("2026-04-01 00:00"), local("2026-05-01 00:00")))
        == []
    )


def test_next_workday_moves_to_the_same_time_and_joins_what_is_there() -> None:
    moving = table("0 8 * * *", on_holiday="next_workday", off=GERMANY)
    assert due_times(moving, "2026-04-02 00:00", 5) == [
        "Thu 04-02 08:00",
        "Sat 04-04 08:00",
        "Sun 04-05 08:00",
        "Tue 04-07 08:00",
        "Wed 04-08 08:00",
    ]


def test_a_moved_run_says_from_when_and_why() -> None:
    moving = table("0 8 * * fri", on_holiday="next_workday", off=GERMANY)
    due = moving.next_due(local("2026-04-02 12:00"))
    assert due is not None
    assert due.at == local("2026-04-07 08:00")
    (skipped,) = moving.skipped(local("2026-04-02 12:00"), local("2026-04-08 00:00"))
    assert skipped.at == local("2026-04-03 08:00")
    assert skipped.reason == "Fri 2026-04-03 is Good Friday"
    assert skipped.moved_to == due.at


def test_a_moved_run_is_still_found_on_the_day_it_was_moved_to() -> None:
    moving = table("0 8,10,12 * * fri", on_holiday="next_workday", off=GERMANY)
    assert due_times(moving, "2026-04-07 09:00", 3) == [
        "Tue 04-07 10:00",
        "Tue 04-07 12:00",
        "Fri 04-10 08:00",
    ]


def test_nothing_is_moved_beyond_the_last_day() -> None:
    moving = table("0 8 * * fri", on_holiday="next_workday", off=GERMANY, end=date(2026, 4, 5))
    assert moving.next_due(local("2026-03-31 12:00")) is None
    (skipped,) = moving.skipped(local("2026-04-02 12:00"), local("2026-04-08 00:00"))
    assert skipped.reason == "Fri 2026-04-03 is Good Friday, and no workday is left for it"


@pytest.mark.parametrize("rule", ["skip", "next_workday"])
def test_work_for_days_off_only_comes_to_an_end(rule: OnHoliday) -> None:
    christmas = table("0 8 25 12 *", on_holiday=rule, off=GERMANY)
    due = christmas.next_due(local("2026-01-01 00:00"))
    assert (due and f"{due.at:%Y-%m-%d}") == {"skip": None, "next_workday": "2026-12-28"}[rule]


def test_a_busy_schedule_jumps_over_its_days_off() -> None:
    busy = table("every 1s", on_holiday="skip", off=GERMANY)
    due = busy.next_due(local("2026-04-03 00:00"))
    assert due is not None
    assert due.at == local("2026-04-04 00:00")


def brute_force(texts: list[str], rule: OnHoliday, start: datetime, end: datetime) -> list[datetime]:
    """Everything due, by moving each single time on its own."""
    found: set[datetime] = set()
    for text in texts:
        moment = next_after(parse(text), start, "Europe/Berlin")
        while moment is not None and moment <= end:
            wall = moment.astimezone(BERLIN)
            if not GERMANY.is_day_off(wall.date()):
                found.add(moment)
            elif rule == "next_workday":
                day = wall.date()
                while not GERMANY.is_workday(day):
                    day += timedelta(days=1)
                found.add(datetime.combine(day, wall.time(), tzinfo=BERLIN).astimezone(UTC))
            moment = next_after(parse(text), moment, "Europe/Berlin")
    return sorted(found)


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            "{} {} * * {}".format,
            st.sampled_from(("0", "30", "*/20")),
            st.integers(0, 23),
            st.sampled_from(("*", "fri", "mon-thu", "sat,sun")),
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(("2026-04-03", "2026-05-01", "2026-12-25", "2027-01-01")),
    st.integers(-48, 120),
    st.sampled_from(("skip", "next_workday")),
)
def test_days_off_against_brute_force(texts: list[str], day: str, hours: int, rule: OnHoliday) -> None:
    after = local(day).astimezone(UTC) + timedelta(hours=hours, minutes=7)
    end = after + timedelta(days=12)
    expected = [
        moment
        for moment in brute_force(texts, rule, after - timedelta(days=14), end)
        if after < moment <= end
    ]
    timetable = table(*texts, on_holiday=rule, off=GERMANY)
    found: list[datetime] = []
    due = timetable.next_due(after)
    while due is not None and due.at <= end:
        found.append(due.at)
        due = timetable.next_due(due.at)
    assert found == expected
    assert all(sooner < later for sooner, later in pairwise(found))


def task(**fields: object) -> Task:
    return Task(name="t", action=Command(command="true"), **fields)  # type: ignore[arg-type]


def test_a_task_brings_its_schedules_zone_days_and_rule() -> None:
    timetable = timetable_of(
        task(
            schedules=("0 8 * * *",),
            timezone="Europe/Berlin",
            start="2026-04-03",
            options=Options(on_holiday="next_workday"),
        ),
        Holidays(country="DE"),
        "Asia/Tokyo",
        "seed",
    )
    assert due_times(timetable, "2026-04-01 00:00", 2) == ["Sat 04-04 08:00", "Sun 04-05 08:00"]


def test_the_zone_of_the_node_counts_where_the_task_names_none() -> None:
    timetable = timetable_of(task(schedules=("0 8 * * *",)), Holidays(), "Asia/Tokyo", "")
    due = timetable.next_due(datetime(2026, 6, 1, tzinfo=UTC))
    assert due is not None
    assert due.at == datetime(2026, 6, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"schedules": ("0 30 * * *",)}, "hour '30'"),
        ({"timezone": "Berlin"}, "time zone 'Berlin'"),
        ({"options": Options(on_holiday="skip")}, "country 'QQ'"),
    ],
)
def test_a_task_that_cannot_be_read_is_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        timetable_of(task(**fields), Holidays(country="QQ"), "UTC", "")
