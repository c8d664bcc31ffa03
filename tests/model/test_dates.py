"""Dates: whole microseconds, written as RFC 3339, and never going back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.model.dates import check_day, format_date, next_date, parse_date
from tests.strategies import dates

FIRST_DATE = -62_135_596_800_000_000
LAST_DATE = 253_402_300_799_999_999  # the last microsecond of the year 9999


@given(dates())
def test_a_date_comes_back_as_it_was(micros: int) -> None:
    assert parse_date(format_date(micros)) == micros


@given(dates(), dates())
def test_written_dates_sort_like_the_dates(one: int, other: int) -> None:
    assert (format_date(one) < format_date(other)) == (one < other)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_795_336_200_000_000, "2026-11-22T08:30:00.000000Z"),
        (FIRST_DATE, "0001-01-01T00:00:00.000000Z"),
        (LAST_DATE, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_how_dates_are_written(micros: int, text: str) -> None:
    assert format_date(micros) == text
    assert parse_date(text) == micros


@pytest.mark.parametrize("micros", [FIRST_DATE - 1, LAST_DATE + 1])
def test_what_lies_beyond_the_calendar_cannot_be_written(micros: int) -> None:
    with pytest.raises(OverflowError):
        format_date(micros)


@given(st.datetimes(timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))))
def test_any_offset_names_the_same_moment(moment: datetime) -> None:
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        return  # Beyond the calendar in UTC.
    assert parse_date(moment.isoformat()) == parse_date(utc.isoformat())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("yesterday", "is no date: write it as"),
        ("", "is no date"),
        ("2026-02-30T00:00:00Z", "is no date"),
        ("2026-11-22T08:30:00", "has no time zone: end it with Z"),
    ],
)
def test_what_is_no_date_says_how_to_write_one(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_date(text)


@given(dates(), st.none() | dates())
def test_a_local_edit_never_goes_back(now: int, previous: int | None) -> None:
    date = next_date(now, previous)
    assert date >= now
    assert previous is None or date > previous
    assert date == now or date == (previous or 0) + 1


def test_a_day_is_checked_and_none_is_fine() -> None:
    check_day("start", None)
    check_day("start", "2028-02-29")
    with pytest.raises(ValueError, match="start '2027-02-29' is no date: write it as 2026-12-24"):
        check_day("start", "2027-02-29")
