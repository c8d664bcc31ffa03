"""When schedules come next, apart from changes of the clock."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.schedule import jitter, next_after, next_times, parse, upcoming

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def days(text: str, count: int, after: datetime = NEW_YEAR) -> list[str]:
    return [f"{time:%m-%d}" for time in next_times(parse(text), after, "UTC", count)]


def test_two_restricted_day_fields_mean_either_day() -> None:
    assert days("0 12 1,15 * mon", 5) == ["01-01", "01-05", "01-12", "01-15", "01-19"]


def test_a_day_field_that_begins_with_a_star_means_both_days() -> None:
    assert days("0 12 */2 * mon", 3) == ["01-05", "01-19", "02-09"]
    assert days("0 12 1-7 * */7", 3) == ["01-04", "02-01", "03-01"]


def test_a_full_field_without_a_star_still_means_either_day() -> None:
    assert days("0 12 1-31 * mon", 3) == ["01-01", "01-02", "01-03"]
    assert days("0 12 13 * 0-6", 3) == ["01-01", "01-02", "01-03"]


def test_both_days_may_be_decades_apart() -> None:
    (time,) = next_times(parse("0 0 29 2 */7"), datetime(2072, 3, 1, tzinfo=UTC), "UTC", 1)
    assert f"{time:%a %Y-%m-%d}" == "Sun 2088-02-29"


def test_sunday_is_0_and_7_and_a_name() -> None:
    expected = days("0 12 * * 0", 3)
    assert (
        days("0 12 * * 7", 3)
        == days("0 12 * * sun", 3)
        == days("0 12 * * SUN", 3)
        == expected
        == ["01-04", "01-11", "01-18"]
    )
    assert days("0 12 * * fri-sun", 3) == days("0 12 * * 5-7", 3) == ["01-02", "01-03", "01-04"]


def test_leap_days_are_found() -> None:
    assert next_after(parse("0 0 29 2 *"), datetime(2096, 3, 1, tzinfo=UTC), "UTC") == datetime(
        2104, 2, 29, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("word", "expression"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * sun"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
    ],
)
def test_a_word_is_short_for_an_expression(word: str, expression: str) -> None:
    zone = "America/New_York"
    assert next_times(parse(word), NEW_YEAR, zone, 30) == next_times(parse(expression), NEW_YEAR, zone, 30)


def test_a_sixth_field_in_front_is_the_second() -> None:
    times = next_times(parse("*/20 59 23 * * *"), NEW_YEAR, "UTC", 4)
    assert [f"{time:%d %H:%M:%S}" for time in times] == [
        "01 23:59:00",
        "01 23:59:20",
        "01 23:59:40",
        "02 23:59:00",
    ]


def test_the_zone_says_whose_clock_counts() -> None:
    assert next_after(parse("0 3 * * *"), NEW_YEAR, "Asia/Kathmandu") == datetime(
        2026, 1, 1, 21, 15, tzinfo=UTC
    )
    assert next_after(parse("0 3 * * *"), NEW_YEAR, None) == datetime(2026, 1, 1, 3, tzinfo=UTC)


def test_a_time_is_never_its_own_next() -> None:
    time = datetime(2026, 1, 2, 3, tzinfo=UTC)
    just_before = time - timedelta(microseconds=1)
    assert next_after(parse("0 3 * * *"), just_before, "UTC") == time
    assert next_after(parse("0 3 * * *"), time, "UTC") == time + timedelta(days=1)
    assert next_after(parse("every 1h"), time, "UTC") == time + timedelta(hours=1)
    assert next_after(parse("every 1h"), just_before, "UTC") == time
    assert next_after(parse("at 2026-01-02 03:00"), just_before, "UTC") == time
    assert next_after(parse("at 2026-01-02 03:00"), time, "UTC") is None


def test_intervals_count_from_1970_in_utc() -> None:
    times = next_times(parse("every 7h"), datetime(1970, 1, 1, tzinfo=UTC), "Asia/Tokyo", 3)
    assert [time.timestamp() / 3600 for time in times] == [7, 14, 21]
    assert next_after(parse("every 1d"), NEW_YEAR, "Asia/Tokyo") == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("text", ["@reboot", "@startup +5m", "after backup", "manual"])
def test_what_depends_on_events_has_no_next_time(text: str) -> None:
    assert next_after(parse(text), NEW_YEAR, "UTC") is None
    assert next_times(parse(text), NEW_YEAR, "UTC", 3) == []


def test_any_aware_date_is_understood_and_utc_is_given_back() -> None:
    evening = datetime(2026, 1, 1, 22, tzinfo=timezone(timedelta(hours=-5)))
    time = next_after(parse("0 3 * * *"), evening, "UTC")
    assert time == datetime(2026, 1, 3, 3, tzinfo=UTC)
    assert time.tzinfo is UTC


def test_a_date_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        next_after(parse("0 3 * * *"), datetime(2026, 1, 1), "UTC")


def test_the_ends_of_time_are_no_error() -> None:
    assert next_after(parse("0 3 * * *"), datetime.max.replace(tzinfo=UTC), "UTC") is None
    assert next_after(parse("every 1d"), datetime.max.replace(tzinfo=UTC), "UTC") is None
    assert next_after(parse("0 3 * * *"), datetime.min.replace(tzinfo=UTC), "UTC") == datetime(
        1970, 1, 1, 3, tzinfo=UTC
    )


def test_a_chosen_value_stays_the_same_for_a_seed_and_within_its_range() -> None:
    text = "10~19 1~5 * * *"
    by_seed = {}
    for number in range(60):
        times = next_times(parse(text), NEW_YEAR, "UTC", 3, seed=f"task {number}")
        assert len({(time.hour, time.minute) for time in times}) == 1
        assert 1 <= times[0].hour <= 5
        assert 10 <= times[0].minute <= 19
        by_seed[number] = times[0]
    assert len(set(by_seed.values())) > 20
    assert by_seed[7] == next_after(parse(text), NEW_YEAR, "UTC", seed="task 7")


def test_a_lonely_tilde_may_choose_any_value() -> None:
    times = {next_after(parse("30 ~ * * *"), NEW_YEAR, "UTC", seed=str(n)) for n in range(300)}
    assert {time.hour for time in times if time} == set(range(24))


def test_a_question_asked_again_is_remembered_whatever_the_second() -> None:
    upcoming._remembered.cache_clear()
    for second in range(60):
        for number in range(50):
            next_after(
                parse(f"{number % 5} 3 * * *"),
                NEW_YEAR + timedelta(seconds=second),
                "Europe/Berlin",
                str(number),
            )
    memory = upcoming._remembered.cache_info()
    assert memory.misses == 5
    assert memory.maxsize is not None


@given(st.text(max_size=20), st.integers(0, 100_000))
def test_jitter_is_stable_and_within_its_limit(seed: str, limit: int) -> None:
    assert 0 <= jitter(seed, limit) <= limit
    assert jitter(seed, limit) == jitter(seed, limit)


def test_jitter_spreads_over_all_of_its_range() -> None:
    assert {jitter(f"task {n} node", 9) for n in range(300)} == set(range(10))
    assert jitter("anything", 0) == 0


def test_jitter_never_changes_between_versions() -> None:
    assert [jitter(seed, 3600) for seed in ("a", "b", "")] == [3511, 3357, 2849]
