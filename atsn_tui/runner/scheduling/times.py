"""A task's times in microseconds: its timetable, and the starts of the service and the machine."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from atsn_tui.model.dates import SECOND, to_date, to_micros
from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Task
from atsn_tui.schedule import After, Manual, Skipped, Startup, Timetable, days_off, jitter, parse
from atsn_tui.schedule.timetable import OnHoliday


class Times:
    """When a task is due."""

    __slots__ = ("_timetable", "bounded", "jitter", "startups", "with_days_off")

    def __init__(self, task: Task, holidays: Holidays, zone: str, task_id: str, node_id: str) -> None:
        """BadInput: a schedule or the zone cannot be read."""
        schedules = [parse(text) for text in task.schedules]
        events = [each for each in schedules if isinstance(each, Startup | After | Manual)]
        self.startups = tuple(each for each in events if isinstance(each, Startup))
        self.with_days_off = task.options.on_holiday != "run"
        self.bounded = bool(schedules) and not events
        """Whether it can be over one day: nothing but times makes it run."""
        self.jitter = jitter(f"{task_id} {node_id}", task.options.jitter) * SECOND
        self._timetable: Timetable | None = None
        if len(events) < len(schedules):
            self._timetable = _timetable(
                task.schedules,
                task.timezone or zone,
                task.start,
                task.end,
                task.options.on_holiday,
                holidays if self.with_days_off else Holidays(),
                _seed(task, task_id),
            )

    def due(self, after: int) -> int | None:
        """The first due time later than `after`."""
        if self._timetable is None:
            return None
        found = self._timetable.next_due(to_date(after))
        return None if found is None else to_micros(found.at)

    def skipped(self, after: int, until: int) -> Iterator[Skipped]:
        """The times later than `after` and up to `until` that a day off takes away."""
        if self._timetable is None or not self.with_days_off:
            return iter(())
        return self._timetable.skipped(to_date(after), to_date(until))


def _seed(task: Task, task_id: str) -> str:
    """Only where it decides anything, so that other tasks can share what is worked out."""
    return task_id if any("~" in text for text in task.schedules) else ""


@lru_cache(maxsize=16_384)
def _timetable(
    schedules: tuple[str, ...],
    zone: str,
    start: str | None,
    end: str | None,
    on_holiday: OnHoliday,
    holidays: Holidays,
    seed: str,
) -> Timetable:
    """The timetable of all tasks that agree in these: there are many of them."""
    return Timetable(
        tuple(parse(text) for text in schedules),
        zone,
        start=date.fromisoformat(start) if start else None,
        end=date.fromisoformat(end) if end else None,
        on_holiday=on_holiday,
        off=days_off(holidays) if on_holiday != "run" else None,
        seed=seed,
    )
