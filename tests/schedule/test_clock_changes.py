"""What happens when clocks are changed, against an oracle that looks at every minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from atsn_tui.schedule import next_after, next_times, parse

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

ZONES = {
    "Europe/Berlin": (2000, 2037),
    "America/New_York": (2000, 2037),
    "Australia/Lord_Howe": (2000, 2037),  # half an hour
    "America/Santiago": (2000, 2037),  # at midnight
    "Asia/Kathmandu": (1986, 1986),  # a quarter of an hour, once
    "Africa/Casablanca": (2012, 2037),  # four times a year
    "America/St_Johns": (1990, 2011),  # one minute past midnight, back into the day before
    "America/Havana": (2000, 2037),  # back to midnight
    "Antarctica/Troll": (2006, 2037),  # two hours
    "Europe/Dublin": (2000, 2037),  # summer is standard, winter the exception
    "Pacific/Apia": (2010, 2013),  # a whole day was left out
    "Europe/Volgograd": (2010, 2021),  # changes that were no summer time
}


@lru_cache
def changes(zone: str, year: int) -> list[datetime]:
    """The hours, in UTC, within which the offset changes: look at every day, then at its hours."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    return [hour for day in changed(zone, start, 24 * HOUR, 364) for hour in changed(zone, day, HOUR, 24)]


def changed(zone: str, start: datetime, step: timedelta, count: int) -> list[datetime]:
    moments = [start + n * step for n in range(count + 1)]
    offsets = [moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in moments]
    return [moment for moment, pair in zip(moments, pairwise(offsets), strict=False) if pair[0] != pair[1]]


def numbers(text: str, low: int, high: int) -> set[int]:
    """What a cron field stands for."""
    found: set[int] = set()
    for item in text.split(","):
        body, _, step = item.partition("/")
        first, _, last = body.replace("*", f"{low}-{high}").partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def matcher(expression: str) -> Iterator[set[int]]:
    limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    return (numbers(text, *limit) for text, limit in zip(expression.split(), limits, strict=True))


def oracle(expression: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    """The runs later than `start` and up to `end`: look at the wall clock in every minute."""
    minutes, hours, days, months, weekdays = matcher(expression)
    minute_text, hour_text, day_text, _, weekday_text = expression.split()
    fixed = not any(sign in minute_text + hour_text for sign in "*/")
    both = day_text.startswith("*") or weekday_text.startswith("*")

    def fits(wall: datetime) -> bool:
        if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
            return False
        tests = (wall.day in days, bool({wall.isoweekday(), wall.isoweekday() % 7} & weekdays))
        return all(tests) if both else any(tests)

    place = ZoneInfo(zone)
    moment = start - 26 * HOUR
    wall = moment.astimezone(place).replace(tzinfo=None)
    latest = wall
    runs = []
    while (moment := moment + MINUTE) <= end:
        before, wall = wall, moment.astimezone(place).replace(tzinfo=None)
        if not fixed:
            due = fits(wall)
        elif wall <= latest:
            due = False
        else:
            left_out = (wall - before) // MINUTE - 1
            due = fits(wall) or any(fits(wall - n * MINUTE) for n in range(1, left_out + 1))
        latest = max(latest, wall)
        if due and moment > start:
            runs.append(moment)
    return runs


def field(low: int, high: int, likely: tuple[int, ...]) -> st.SearchStrategy[str]:
    number = st.one_of(st.sampled_from(likely), st.integers(low, high))
    pair = st.tuples(number, number).map(sorted)
    span = pair.map(lambda p: f"{p[0]}-{p[1]}")
    starred = st.builds("*/{}".format, st.integers(1, 20))
    item = st.one_of(
        number.map(str), number.map(str), span, starred, st.builds("{}/{}".format, span, st.integers(2, 9))
    )
    return st.one_of(st.just("*"), st.lists(item, min_size=1, max_size=3).map(",".join))


expressions = st.tuples(
    field(0, 59, (0, 1, 15, 30, 45, 59)),
    field(0, 23, (0, 1, 2, 3, 23)),
    st.one_of(st.just("*"), st.just("*"), field(1, 28, (1, 28))),
    st.just("*"),
    st.one_of(st.just("*"), st.just("*"), field(0, 7, (0, 6))),
).map(" ".join)


@st.composite
def around_a_change(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and an instant at most a day away from a change of its clock."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    first, last = ZONES[zone]
    found = changes(zone, draw(st.integers(first, last)))
    assume(found)
    change = draw(st.sampled_from(found))
    return zone, change + timedelta(seconds=draw(st.integers(-26 * 3600, 4 * 3600)))


@settings(max_examples=100)
@given(around_a_change(), expressions)
def test_times_around_a_change_are_those_of_the_clock_on_the_wall(
    place: tuple[str, datetime], expression: str
) -> None:
    zone, after = place
    end = after + 28 * HOUR
    expected = oracle(expression, zone, after.replace(second=0), end)
    expected = [moment for moment in expected if moment > after]
    found: list[datetime] = []
    moment = next_after(parse(expression), after, zone)
    while moment is not None and moment <= end and len(found) < 12:
        found.append(moment)
        moment = next_after(parse(expression), moment, zone)
    assert found == expected[:12]


@settings(max_examples=60)
@given(around_a_change(), expressions)
def test_times_only_ever_go_forward(place: tuple[str, datetime], expression: str) -> None:
    zone, after = place
    times = [after, *next_times(parse(expression), after, zone, 6)]
    assert all(sooner < later for sooner, later in pairwise(times))


@pytest.mark.parametrize("zone", sorted(set(ZONES) - {"Pacific/Apia"}))
@pytest.mark.parametrize("clock", ["30 0", "30 2"])
def test_a_daily_job_runs_once_on_each_day_of_the_year(zone: str, clock: str) -> None:
    place = ZoneInfo(zone)
    year = ZONES[zone][0]
    before = datetime(year, 1, 1, tzinfo=place) - MINUTE
    runs = next_times(parse(f"{clock} * * *"), before, zone, 364)
    days = [run.astimezone(place).date() for run in runs]
    assert days == [datetime(year, 1, 1).date() + timedelta(days=n) for n in range(364)]


@settings(max_examples=40)
@given(around_a_change(), st.integers(0, 23), st.integers(0, 59))
def test_a_fixed_job_never_runs_twice_in_an_hour_that_comes_twice(
    place: tuple[str, datetime], hour: int, minute: int
) -> None:
    zone, after = place
    runs = next_times(parse(f"{minute} {hour} * * *"), after - 24 * HOUR, zone, 5)
    walls = [run.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for run in runs]
    assert len(set(walls)) == len(walls)


def walls(text: str, after: str, count: int, zone: str = "Europe/Berlin") -> list[str]:
    """The next times as the clock shows them, with the offset."""
    place = ZoneInfo(zone)
    start = datetime.fromisoformat(after).replace(tzinfo=place)
    times = next_times(parse(text), start, zone, count)
    return [f"{time.astimezone(place):%m-%d %H:%M%z}" for time in times]


def test_a_fixed_job_in_the_gap_runs_right_after_it() -> None:
    assert walls("30 2 * * *", "2026-03-28 12:00", 2) == ["03-29 03:00+0200", "03-30 02:30+0200"]


def test_several_times_in_the_gap_make_one_run() -> None:
    assert walls("0,30 2,3 * * *", "2026-03-29 00:00", 3) == [
        "03-29 03:00+0200",
        "03-29 03:30+0200",
        "03-30 02:00+0200",
    ]


def test_a_rhythm_skips_the_gap() -> None:
    assert walls("30 */2 * * *", "2026-03-28 23:00", 2) == ["03-29 00:30+0100", "03-29 04:30+0200"]
    assert walls("*/30 * * * *", "2026-03-29 01:15", 2) == ["03-29 01:30+0100", "03-29 03:00+0200"]


def test_a_fixed_job_in_the_fold_runs_in_its_first_pass() -> None:
    assert walls("30 2 * * *", "2026-10-24 12:00", 2) == ["10-25 02:30+0200", "10-26 02:30+0100"]


def test_a_fixed_job_asked_for_in_the_second_pass_is_done() -> None:
    second_pass = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert next_after(parse("30 2 * * *"), second_pass, "Europe/Berlin") == datetime(
        2026, 10, 26, 1, 30, tzinfo=UTC
    )
    assert next_after(parse("0 3 * * *"), second_pass, "Europe/Berlin") == datetime(
        2026, 10, 25, 2, tzinfo=UTC
    )


def test_a_rhythm_runs_in_both_passes() -> None:
    assert walls("30 */2 * * *", "2026-10-25 00:45", 3) == [
        "10-25 02:30+0200",
        "10-25 02:30+0100",
        "10-25 04:30+0100",
    ]


def test_every_second_of_a_fixed_minute_follows_the_minute() -> None:
    assert walls("*/30 30 2 * * *", "2026-03-29 00:00", 2) == ["03-29 03:00+0200", "03-30 02:30+0200"]
    fold = next_times(parse("*/30 30 2 * * *"), datetime(2026, 10, 25, tzinfo=UTC), "Europe/Berlin", 3)
    assert [time.isoformat() for time in fold] == [
        "2026-10-25T00:30:00+00:00",
        "2026-10-25T00:30:30+00:00",
        "2026-10-26T01:30:00+00:00",
    ]


def test_half_an_hour_is_a_gap_too() -> None:
    lord_howe = "Australia/Lord_Howe"
    assert walls("15 2 * * *", "2026-10-03 12:00", 2, lord_howe) == ["10-04 02:30+1100", "10-05 02:15+1100"]
    assert walls("45 1 * * *", "2026-04-04 12:00", 2, lord_howe) == ["04-05 01:45+1100", "04-06 01:45+1030"]


def test_intervals_know_no_clock() -> None:
    assert walls("every 6h", "2026-03-28 22:00", 3) == [
        "03-29 01:00+0100",
        "03-29 08:00+0200",
        "03-29 14:00+0200",
    ]


def test_a_single_time_in_the_gap_or_fold() -> None:
    assert walls("at 2026-03-29 02:30", "2026-03-01 00:00", 9) == ["03-29 03:00+0200"]
    assert walls("at 2026-10-25 02:30", "2026-03-01 00:00", 9) == ["10-25 02:30+0200"]


def test_offsets_of_odd_seconds_are_exact() -> None:
    times = next_times(parse("0 * * * *"), datetime(1971, 6, 1, 12, 44, 29, tzinfo=UTC), "Africa/Monrovia", 2)
    assert [f"{time:%H:%M:%S}" for time in times] == ["12:44:30", "13:44:30"]
    assert next_after(parse("0 * * * *"), times[0] + timedelta(seconds=1), "Africa/Monrovia") == times[1]
