"""Days off: the public holidays of a country and region, and a group's own days."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from atsn_tui.errors import BadInput
from atsn_tui.model.nearest import listed, nearest
from atsn_tui.model.settings import Holidays

if TYPE_CHECKING:
    from holidays import HolidayBase

_DAY = timedelta(days=1)
_SATURDAY = 5
_LONGEST_BREAK = 400
"""So many days in a row are looked at for a workday."""


def check_holidays(holidays: Holidays) -> None:
    """Raise BadInput unless the country and region are known; the message offers the nearest ones."""
    if holidays.country is None:
        if holidays.region is not None:
            raise BadInput(f"region '{holidays.region}' needs a country: set the country too, for example DE")
        return
    if holidays.country not in _countries():
        countries = _nearest_countries(holidays.country)
        hint = f"did you mean {countries}?" if countries else "write its ISO 3166 code, for example 'DE'"
        raise BadInput(f"no holidays are known for country '{holidays.country}': {hint}")
    if holidays.region is None or holidays.region in _countries()[holidays.country]:
        return
    regions = _regions(holidays.country)
    if holidays.region in regions:
        return
    if not regions:
        raise BadInput(
            f"country '{holidays.country}' has no regions with holidays of their own: "
            f"leave region '{holidays.region}' out"
        )
    meant = nearest(holidays.region, regions, 3, 0.5)
    hint = f"did you mean {listed(meant)}?" if meant else f"write for example {listed(regions[:5])}"
    raise BadInput(f"country '{holidays.country}' has no region '{holidays.region}': {hint}")


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    """The codes of the regions of each country, under every code of the country."""
    # Not at the top: it costs 45 ms, and most commands never ask for holidays.
    from holidays import list_supported_countries

    return list_supported_countries(include_aliases=True)


def _nearest_countries(code: str) -> str:
    """`'DE' (Germany)`: countries whose name begins like that, else those with nearly that code."""
    from holidays.registry import COUNTRIES

    named = [(codes[1], name) for name, codes in COUNTRIES.items() if name.startswith(code.lower())]
    if not named:
        alike = nearest(code, (codes[2] for codes in COUNTRIES.values()), 3, 0.6)
        named = [(codes[1], name) for name, codes in COUNTRIES.items() if codes[2] in alike]
    return " or ".join(f"'{short}' ({name.replace('_', ' ').title()})" for short, name in named[:3])


def _regions(country: str) -> list[str]:
    """The codes of the regions, then their names."""
    from holidays import country_holidays

    codes = _countries()[country]
    names = country_holidays(country).get_subdivision_aliases().values()
    return [*codes, *(name for several in names for name in several)]


class DaysOff:
    """Answers which days are off. Make it with `days_off`, which checks and remembers."""

    def __init__(self, holidays: Holidays) -> None:
        check_holidays(holidays)
        self._own = frozenset(date.fromisoformat(day) for day in holidays.dates)
        self._ordinary = frozenset(date.fromisoformat(day) for day in holidays.except_dates)
        self._public = _public(holidays)

    def name(self, day: date) -> str | None:
        """What the day off is called; None on an ordinary day. Weekends alone are ordinary days."""
        if day in self._ordinary:
            return None
        if day in self._own:
            return "a day off of the group"
        return self._public.get(day) if self._public is not None else None

    def is_day_off(self, day: date) -> bool:
        """Whether that day is a holiday or one of the group's own days, and no exception."""
        return self.name(day) is not None

    def is_workday(self, day: date) -> bool:
        """Whether that day is neither off nor a weekend. An exception is a workday even on a weekend."""
        if day in self._ordinary:
            return True
        if self.is_day_off(day):
            return False
        if self._public is not None:
            return self._public.is_working_day(day)
        return day.weekday() < _SATURDAY

    def next_workday(self, day: date) -> date | None:
        """The first workday later than `day`; None if there is none for more than a year."""
        for _ in range(_LONGEST_BREAK):
            day += _DAY
            if self.is_workday(day):
                return day
        return None

    def break_before(self, day: date) -> date:
        """The first of the days without work that end right before `day`; `day` itself if there are none."""
        for _ in range(_LONGEST_BREAK):
            if self.is_workday(day - _DAY):
                break
            day -= _DAY
        return day


def _public(holidays: Holidays) -> HolidayBase | None:
    if holidays.country is None:
        return None
    from holidays import country_holidays

    return country_holidays(holidays.country, subdiv=holidays.region)


@lru_cache(maxsize=256)
def days_off(holidays: Holidays) -> DaysOff:
    """The days off of a group's settings; BadInput if their country or region is not known."""
    return DaysOff(holidays)
