"""Tasks as front ends see them. What was worked out once is kept, since lists are asked for again and again."""

from collections.abc import Iterable
from typing import NamedTuple

from atsn_tui.errors import BadInput
from atsn_tui.model import codec, dates
from atsn_tui.model.dates import to_date, to_micros
from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Task
from atsn_tui.node.core import Core
from atsn_tui.node.views import TaskView
from atsn_tui.schedule import sentence_all, timetable_of
from atsn_tui.store.groups import GroupRow
from atsn_tui.store.tasks import TaskRow


class _Known(NamedTuple):
    """A view, and what it was made from."""

    group: str
    settings: bytes
    """The fingerprint of the group's settings."""
    modified: int
    fingerprint: bytes
    origin: Origin
    until: int | None
    """When its next due time has come, in µs; None: never."""
    view: TaskView


class TaskViews:
    """Makes views of tasks. It may be used by several threads."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: dict[str, dict[str, _Known]] = {}
        """By group and task."""

    def one(self, group: GroupRow, row: TaskRow) -> TaskView:
        """The view of one task."""
        return self._make(group, row, _holidays(group), self._core.now()).view

    def all(self, group: GroupRow, rows: Iterable[TaskRow]) -> list[TaskView]:
        """The views of all tasks of a group, by folder and name."""
        now, holidays = self._core.now(), _holidays(group)
        before = self._known.get(group.id, {})
        known: dict[str, _Known] = {}
        for row in rows:
            found = before.get(row.record.id)
            if found is None or not _holds(found, group, row, now):
                found = self._make(group, row, holidays, now)
            known[row.record.id] = found
        self._known[group.id] = known
        views = [each.view for each in known.values()]
        return sorted(views, key=lambda view: (view.task.folder, view.task.name, view.id))

    def _make(self, group: GroupRow, row: TaskRow, holidays: Holidays, now: int) -> _Known:
        task = codec.decode_task(row.record.body)
        due = self._next(task, holidays, row.record.id, now) if task.enabled else None
        view = TaskView(
            id=row.record.id,
            group_id=group.id,
            group=group.name,
            task=task,
            modified_at=dates.format_date(row.record.modified),
            fingerprint=row.record.fingerprint.hex(),
            origin=row.origin,
            schedule=sentence_all(task.schedules),
            next_at=None if due is None else dates.format_date(due),
        )
        return _Known(
            group=group.name,
            settings=group.settings.fingerprint,
            modified=row.record.modified,
            fingerprint=row.record.fingerprint,
            origin=row.origin,
            until=due,
            view=view,
        )

    def _next(self, task: Task, holidays: Holidays, task_id: str, now: int) -> int | None:
        """The next due time in µs; None as well where a schedule cannot be read."""
        try:
            timetable = timetable_of(task, holidays, self._core.zone, task_id)
            due = timetable.next_due(to_date(now))
        except BadInput:
            return None
        return None if due is None else to_micros(due.at)


def _holds(known: _Known, group: GroupRow, row: TaskRow, now: int) -> bool:
    """Whether the view still is what would be made now."""
    return (
        known.modified == row.record.modified
        and known.fingerprint == row.record.fingerprint
        and known.settings == group.settings.fingerprint
        and known.group == group.name
        and known.origin == row.origin
        and (known.until is None or now < known.until)
    )


def _holidays(group: GroupRow) -> Holidays:
    return codec.decode_settings(group.settings.body).holidays
