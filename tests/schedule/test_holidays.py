"""Days off: of a country and region, of one's own, and exceptions."""

import re
from datetime import date, timedelta

import pytest

from atsn_tui.errors import BadInput
from atsn_tui.model.settings import Holidays
from atsn_tui.schedule import check_holidays, days_off

GOOD_FRIDAY = date(2026, 4, 3)
EPIPHANY = date(2026, 1, 6)


def test_public_holidays_of_a_country_are_off() -> None:
    off = days_off(Holidays(country="DE"))
    assert off.is_day_off(GOOD_FRIDAY)
    assert off.name(GOOD_FRIDAY) == "Good Friday"
    assert not off.is_day_off(GOOD_FRIDAY - timedelta(days=1))


def test_a_region_has_holidays_of_its_own() -> None:
    assert days_off(Holidays(country="DE", region="BY")).is_day_off(EPIPHANY)
    assert not days_off(Holidays(country="DE", region="BE")).is_day_off(EPIPHANY)


def test_own_days_and_exceptions_come_on_top() -> None:
    off = days_off(Holidays(country="DE", dates=("2026-12-24",), except_dates=("2026-04-03",)))
    assert off.name(date(2026, 12, 24)) == "a day off of the group"
    assert not off.is_day_off(GOOD_FRIDAY)
    assert off.is_workday(GOOD_FRIDAY)


def test_weekends_are_not_off_but_no_workdays_either() -> None:
    off = days_off(Holidays(country="DE"))
    saturday = date(2026, 4, 11)
    assert not off.is_day_off(saturday)
    assert not off.is_workday(saturday)
    assert off.next_workday(GOOD_FRIDAY) == date(2026, 4, 7)


def test_the_weekend_is_that_of_the_country() -> None:
    friday = date(2026, 6, 5)
    assert not days_off(Holidays(country="EG")).is_workday(friday)
    assert days_off(Holidays(country="DE")).is_workday(friday)


def test_an_exception_on_a_weekend_is_a_workday() -> None:
    off = days_off(Holidays(dates=("2026-05-15",), except_dates=("2026-05-16",)))
    assert off.next_workday(date(2026, 5, 15)) == date(2026, 5, 16)


def test_without_anything_set_no_day_is_off() -> None:
    off = days_off(Holidays())
    assert not off.is_day_off(date(2026, 12, 25))
    assert off.next_workday(date(2026, 12, 25)) == date(2026, 12, 28)


def test_more_than_a_year_off_has_no_next_workday() -> None:
    everything = tuple((date(2026, 1, 1) + timedelta(days=n)).isoformat() for n in range(800))
    assert days_off(Holidays(dates=everything)).next_workday(date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("holidays", "words"),
    [
        (Holidays(country="DEE"), "no holidays are known for country 'DEE': did you mean 'DE' (Germany)?"),
        (Holidays(country="GER"), "no holidays are known for country 'GER': did you mean 'DE' (Germany)?"),
        (Holidays(country="QQ"), "no holidays are known for country 'QQ': write its ISO 3166 code"),
        (Holidays(region="BY"), "region 'BY' needs a country"),
        (Holidays(country="DE", region="BX"), "country 'DE' has no region 'BX': did you mean"),
        (Holidays(country="DE", region="Bayer"), "did you mean 'Bayern'"),
        (Holidays(country="DE", region="99"), "country 'DE' has no region '99': write for example 'BB'"),
        (Holidays(country="NZ", region="ZZZZ"), "country 'NZ' has no region 'ZZZZ'"),
        (Holidays(country="LU", region="X"), "country 'LU' has no regions with holidays of their own"),
    ],
)
def test_an_unknown_country_or_region_is_refused_with_the_nearest(holidays: Holidays, words: str) -> None:
    with pytest.raises(BadInput, match=re.escape(words)):
        check_holidays(holidays)
    with pytest.raises(BadInput):
        days_off(holidays)


@pytest.mark.parametrize(
    "holidays",
    [Holidays(country="DEU"), Holidays(country="GB", region="SCT"), Holidays(country="DE", region="Bayern")],
)
def test_known_countries_and_regions(holidays: Holidays) -> None:
    check_holidays(holidays)
    assert days_off(holidays).is_day_off(date(2026, 12, 25))
