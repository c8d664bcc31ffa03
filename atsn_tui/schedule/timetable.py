"""When a task is due: all its schedules together, within its first and last day, and around days off."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Task
from atsn_tui.schedule.holidays import DaysOff, days_off
from atsn_tui.schedule.kinds import Schedule
from atsn_tui.schedule.minutes import Minutes, merged, minutes_between
from atsn_tui.schedule.parse import parse
from atsn_tui.schedule.upcoming import next_after
from atsn_tui.schedule.zones import check_zone, instant_of

OnHoliday = Literal["run", "skip", "next_workday"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MOMENT = timedelta(microseconds=1)
_HORIZON = timedelta(days=15 * 366)
"""A task that would only run on days off is given up after this long."""


class Due(Struct, frozen=True):
    """A time at which the task is to run."""

    at: datetime
    """In UTC."""
    schedule: str
    """The first of the task's schedules that says so."""


class Skipped(Struct, frozen=True):
    """A time at which the task does not run although a schedule says so."""

    at: datetime
    """In UTC."""
    schedule: str
    reason: str
    moved_to: datetime | None = None
    """When it runs instead, in UTC; None: not at all."""


class _Plain(NamedTuple):
    """A time of a schedule, before days off are looked at."""

    at: datetime
    text: str
    wall: datetime


class Timetable:
    """The times of one task. It knows no clock: every question brings its own `after`, aware, in UTC."""

    def __init__(
        self,
        schedules: tuple[Schedule, ...],
        zone: str,
        *,
        start: date | None = None,
        end: date | None = None,
        on_holiday: OnHoliday = "run",
        off: DaysOff | None = None,
        seed: str = "",
    ) -> None:
        """`start` and `end` are the first and the last day in the zone; BadInput if it is not known."""
        self._schedules = schedules
        self._zone_name = zone
        self._zone = check_zone(zone)
        self._start, self._end = start, end
        self._on_holiday: OnHoliday = on_holiday
        self._off = off if on_holiday != "run" else None
        self._seed = seed

    def next_due(self, after: datetime) -> Due | None:
        """The first time to run strictly later than `after`; None if there is none.

        Schedules that agree on a time make one run, and so does a run that is moved onto another.
        """
        if self._off is None:
            plain = self._next_plain(after)
            return None if plain is None else Due(plain.at, plain.text)
        if self._on_holiday == "skip":
            return self._next_on_ordinary_day(after, self._off)
        return self._next_with_moved(after, self._off)

    def within(self, after: datetime, until: datetime, most: int = 200) -> Minutes:
        """All times to run later than `after` and up to `until`; where runs are moved to workdays, at most `most`."""
        if self._off is not None and self._on_holiday == "next_workday":
            return self._asked_for(after, until, most)
        if self._start is not None:
            after = max(after, self._end_of(self._start - _DAY))
        if self._end is not None:
            until = min(until, self._end_of(self._end))
        found = merged(
            [minutes_between(each, after, until, self._zone_name, self._seed) for each in self._schedules]
            or [{}]
        )
        if self._off is None or not found:
            return found
        days = {minute: self._wall_day(minute) for minute in found}
        off = {day for day in set(days.values()) if self._off.is_day_off(day)}
        return {minute: seconds for minute, seconds in found.items() if days[minute] not in off}

    def _asked_for(self, after: datetime, until: datetime, most: int) -> Minutes:
        found: dict[int, tuple[int, ...]] = {}
        while most and (due := self.next_due(after)) is not None and due.at <= until:
            minute, second = divmod((due.at - _EPOCH) // _SECOND, 60)
            found[minute] = (*found.get(minute, ()), second)
            after, most = due.at, most - 1
        return found

    def _wall_day(self, minute: int) -> date:
        return (_EPOCH + timedelta(minutes=minute)).astimezone(self._zone).date()

    def skipped(self, after: datetime, until: datetime) -> Iterator[Skipped]:
        """The times later than `after` and up to `until` that a day off takes away, one by one."""
        off = self._off
        cursor = after
        while off is not None and (plain := self._next_plain(cursor)) and plain.at <= until:
            cursor = plain.at
            if name := off.name(plain.wall.date()):
                yield self._skip(plain, name, off)
            else:
                cursor = max(cursor, min(until, self._end_of(plain.wall.date())))

    def _skip(self, plain: _Plain, name: str, off: DaysOff) -> Skipped:
        reason = _reason(plain, name)
        if self._on_holiday == "skip":
            return Skipped(plain.at, plain.text, reason)
        moved = self._moved(plain, off)
        if moved is None:
            return Skipped(plain.at, plain.text, f"{reason}, and no workday is left for it")
        return Skipped(plain.at, plain.text, reason, moved)

    def _next_plain(self, after: datetime) -> _Plain | None:
        """The first time of any schedule between the first and the last day."""
        if self._start is not None:
            after = max(after, self._end_of(self._start - _DAY))
        found: datetime | None = None
        text = ""
        for schedule in self._schedules:
            moment = next_after(schedule, after, self._zone_name, self._seed)
            if moment is not None and (found is None or moment < found):
                found, text = moment, schedule.text
        if found is None:
            return None
        wall = found.astimezone(self._zone).replace(tzinfo=None)
        if self._end is not None and wall.date() > self._end:
            return None
        return _Plain(found, text, wall)

    def _next_on_ordinary_day(self, after: datetime, off: DaysOff) -> Due | None:
        limit = after + _HORIZON
        while (plain := self._next_plain(after)) is not None:
            if not off.is_day_off(plain.wall.date()):
                return Due(plain.at, plain.text)
            if plain.at > limit:
                return None
            after = max(plain.at, self._end_of(plain.wall.date()))
        return None

    def _next_with_moved(self, after: datetime, off: DaysOff) -> Due | None:
        """Begin with the days off whose work may fall on the day of `after`."""
        limit = after + _HORIZON
        today = after.astimezone(self._zone).replace(tzinfo=None)
        cursor = min(after, self._end_of(off.break_before(today.date()) - _DAY))
        best: Due | None = None
        while (plain := self._next_plain(cursor)) is not None and plain.at <= limit:
            if best is not None and plain.at > best.at:
                break
            day = plain.wall.date()
            end = self._end_of(day)
            if off.is_day_off(day):
                moved = self._moved(plain, off)
                if moved is not None and moved > after:
                    if best is None or moved < best.at:
                        best = Due(moved, plain.text)
                elif moved is not None and moved.astimezone(self._zone).date() == today.date():
                    end = min(end, instant_of(datetime.combine(day, today.time()), self._zone))
            elif plain.at > after:
                if best is None or plain.at <= best.at:
                    best = Due(plain.at, plain.text)
                break
            else:
                end = min(end, after)
            cursor = max(plain.at, end)
        return best

    def _moved(self, plain: _Plain, off: DaysOff) -> datetime | None:
        """The same time of day on the next workday; None if that is past the last day."""
        day = off.next_workday(plain.wall.date())
        if day is None or (self._end is not None and day > self._end):
            return None
        return instant_of(datetime.combine(day, plain.wall.time()), self._zone)

    def _end_of(self, day: date) -> datetime:
        """The last moment of a day in the zone."""
        return instant_of(datetime.combine(day + _DAY, time()), self._zone) - _MOMENT


def _reason(plain: _Plain, name: str) -> str:
    return f"{plain.wall:%a %Y-%m-%d} is {name}"


def timetable_of(task: Task, holidays: Holidays, node_zone: str, seed: str) -> Timetable:
    """The timetable of a task in a group with those holidays. BadInput names what cannot be read.

    `node_zone` counts where the task names no zone. `seed` makes the choices of `~`.
    """
    return Timetable(
        tuple(parse(text) for text in task.schedules),
        task.timezone or node_zone,
        start=date.fromisoformat(task.start) if task.start else None,
        end=date.fromisoformat(task.end) if task.end else None,
        on_holiday=task.options.on_holiday,
        off=days_off(holidays) if task.options.on_holiday != "run" else None,
        seed=seed,
    )
