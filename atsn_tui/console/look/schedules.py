"""Schedules in words, and the next times of a task."""

from datetime import datetime

import msgspec

from atsn_tui.console.look.times import NOTHING, Clock
from atsn_tui.errors import BadInput
from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Task
from atsn_tui.node.views import GroupView, TaskView
from atsn_tui.schedule import check_zone, sentence_all, timetable_of


def in_words(schedule: str | None) -> str:
    """A link's schedule as a sentence; one that cannot be read, as it stands."""
    return sentence_all([] if schedule is None else [schedule])


def split(text: str) -> tuple[str, ...]:
    """Several schedules, typed with `;` between them."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def next_at(view: TaskView, group: GroupView | None, clock: Clock) -> str | None:
    """When the task runs next, RFC 3339: as the node said, or computed here once that time has passed."""
    now = clock.now()
    if view.next_at is None or datetime.fromisoformat(view.next_at) > now:
        return view.next_at
    try:
        holidays = msgspec.convert(group.settings.get("holidays", {}) if group else {}, Holidays)
        due = timetable_of(view.task, holidays, clock.zone, view.id).next_due(now)
    except (BadInput, msgspec.ValidationError):
        return None
    return None if due is None else due.at.isoformat()


def next_times(task: Task, seed: str, clock: Clock, count: int = 3) -> str:
    """When the task runs next, on the clock of its zone; BadInput says what is wrong with its schedules.

    As in `Sun 22 Nov 10:00, 12:00, Mon 23 Nov 08:00`.
    """
    table = timetable_of(task, Holidays(), clock.zone, seed)
    zone = check_zone(task.timezone or clock.zone)
    said: list[str] = []
    day, after = "", clock.now()
    while len(said) < count and (due := table.next_due(after)) is not None:
        moment = due.at.astimezone(zone)
        before, day = day, moment.strftime("%a %d %b ")
        said.append(("" if day == before else day) + moment.strftime("%H:%M"))
        after = due.at
    return ", ".join(said) or NOTHING
