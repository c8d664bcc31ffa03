"""All times of a day, read off the expression, are those that are found one after the other."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atsn_tui.schedule import DaysOff, Timetable, parse
from atsn_tui.schedule.minutes import Minutes
from atsn_tui.schedule.timetable import OnHoliday
from tests.schedule.test_clock_changes import ZONES, around_a_change, changes, expressions
from tests.schedule.test_timetable import GERMANY

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moments(found: Minutes) -> list[datetime]:
    return sorted(
        EPOCH + timedelta(minutes=minute, seconds=second)
        for minute, seconds in found.items()
        for second in seconds
    )


def one_by_one(table: Timetable, after: datetime, until: datetime, most: int) -> list[datetime]:
    found: list[datetime] = []
    while len(found) < most and (due := table.next_due(after)) is not None and due.at <= until:
        found.append(due.at)
        after = due.at
    return found


def table(*texts: str, zone: str = "UTC", rule: OnHoliday = "run", off: DaysOff | None = None) -> Timetable:
    return Timetable(tuple(map(parse, texts)), zone, on_holiday=rule, off=off, seed="s")


@settings(max_examples=80)
@given(
    around_a_change(),
    st.lists(
        st.one_of(expressions, st.builds("30 {}".format, expressions), st.just("every 45m")), min_size=1
    ),
    st.integers(1, 30 * 3600),
)
def test_they_are_the_same_around_a_change_of_the_clock(
    place: tuple[str, datetime], texts: list[str], length: int
) -> None:
    zone, after = place
    times = table(*texts[:3], zone=zone)
    until = after + timedelta(seconds=length)
    found = moments(times.within(after, until))
    assert found[:40] == one_by_one(times, after, until, 40)
    assert all(after < moment <= until for moment in found)


@settings(max_examples=40)
@given(
    st.sampled_from(("2026-04-03", "2026-05-01", "2026-12-24", "2026-07-01")),
    st.integers(0, 47),
    st.sampled_from(("run", "skip", "next_workday")),
    st.sampled_from(("0 3 * * *", "*/20 8-9 * * *", "every 6h", "0 12 * * sat")),
)
def test_they_are_the_same_around_days_off(day: str, hours: int, rule: OnHoliday, text: str) -> None:
    times = table(text, "30 3 * * *", zone="Europe/Berlin", rule=rule, off=GERMANY)
    after = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=hours)
    assert moments(times.within(after, after + DAY)) == one_by_one(times, after, after + DAY, 100)


def test_a_job_of_each_second_takes_a_line_for_each_minute_and_no_more() -> None:
    after = datetime(2026, 11, 22, 9, 30, 30, tzinfo=UTC)
    found = table("* * * * * *").within(after, after + DAY)
    assert len(found) == 1441
    assert sum(map(len, found.values())) == 86_400


@pytest.mark.parametrize("text", ["manual", "@startup", "after other"])
def test_what_depends_on_events_has_no_times(text: str) -> None:
    after = datetime(2026, 11, 22, tzinfo=UTC)
    assert table(text).within(after, after + DAY) == {}


def test_the_first_and_the_last_day_bound_it() -> None:
    after = datetime(2026, 11, 22, tzinfo=UTC)
    day = datetime(2026, 11, 23).date()
    bounded = Timetable((parse("0 */6 * * *"),), "UTC", start=day, end=day)
    assert [moment.day for moment in moments(bounded.within(after, after + 4 * DAY))] == [23] * 4


def test_they_can_be_no_more_than_so_many_where_runs_are_moved() -> None:
    after = datetime(2026, 11, 23, tzinfo=UTC)
    moved = table("* * * * *", rule="next_workday", off=GERMANY)
    assert len(moments(moved.within(after, after + DAY, most=50))) == 50


@pytest.mark.parametrize("zone", sorted(ZONES))
def test_each_half_hour_around_each_change_of_a_year_is_the_same(zone: str) -> None:
    place = ZoneInfo(zone)
    for change in changes(zone, ZONES[zone][0]):
        start, until = change - timedelta(hours=3), change + timedelta(hours=4)
        walls = {(start + timedelta(minutes=30 * n)).astimezone(place) for n in range(15)}
        walls |= {wall + timedelta(minutes=30 * n) for wall in walls for n in (-2, 2)}
        for hour, minute in sorted({(wall.hour, wall.minute) for wall in walls}):
            times = table(f"{minute} {hour},{(hour + 1) % 24} * * *", zone=zone)
            for after in (start, change + timedelta(minutes=70)):
                found = moments(times.within(after, until))
                assert found == one_by_one(times, after, until, 9), (zone, after, hour, minute)
