"""The due times of all tasks of a group, each timetable read once. No screen may wait for it: run it in a thread."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct

from atsn_tui.errors import BadInput
from atsn_tui.model import codec
from atsn_tui.model.dates import parse_date, to_date
from atsn_tui.model.run import DecisionKind
from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Task
from atsn_tui.node.agenda.facts import TaskFacts
from atsn_tui.node.runs.views import HoldView
from atsn_tui.runner.scheduling.progress import cursor
from atsn_tui.runner.scheduling.selectors import excluded
from atsn_tui.schedule import sentence_all, timetable_of
from atsn_tui.schedule.minutes import Minutes
from atsn_tui.store.groups import GroupRow
from atsn_tui.store.instants import Stretch, Timing
from atsn_tui.store.tasks import TaskRow


class GroupFacts(Struct, frozen=True, kw_only=True):
    """A group as it was read."""

    row: GroupRow
    tasks: Sequence[TaskRow]
    standby: bool
    stretches: dict[str, tuple[Stretch, ...]]
    """Which due times of each task have been handled."""
    timings: dict[str, Timing]


class Here(Struct, frozen=True, kw_only=True):
    """The node, and the time that is looked at."""

    name: str
    tags: Sequence[str]
    zone: str
    running: bool
    """Whether a service runs."""
    now: int
    since: int
    until: int
    holds: Sequence[HoldView]


class Obstacle(NamedTuple):
    """What keeps a task from running, for a person and in one word, and when that ends by itself, in µs."""

    why: str = ""
    reason: DecisionKind | None = None
    until: int | None = None


class DueTimes:
    """Works out when tasks are due. What many tasks have in common is worked out once."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self._known: dict[tuple[object, ...], Minutes] = {}

    def of(self, group: GroupFacts) -> Iterable[TaskFacts]:
        """All tasks of a group that are on."""
        holidays = codec.decode_settings(group.row.settings.body).holidays
        held = self._held(group.row.id)
        for row in group.tasks:
            task = codec.decode_task(row.record.body)
            timing = group.timings.get(row.record.id, Timing())
            if not timing.over:
                yield self._task(group, row, task, holidays, timing, held)

    def _task(
        self,
        group: GroupFacts,
        row: TaskRow,
        task: Task,
        holidays: Holidays,
        timing: Timing,
        held: dict[str | None, HoldView],
    ) -> TaskFacts:
        here, task_id = self._here, row.record.id
        hold = held.get(task_id) or held.get(None)
        why, reason, until = self._obstacle(group, task, hold)
        overdue: Minutes = {}
        if not here.running and task.enabled and not group.standby:
            handled = cursor(group.stretches.get(task_id, ()), timing.edited or 0, here.now)
            # A task that was never scheduled counts from its edit, which only a service sees.
            if handled:
                overdue = self._minutes(task, task_id, holidays, max(here.since, handled), here.now, ())
        return TaskFacts(
            group_id=group.row.id,
            task_id=task_id,
            path=task.path,
            schedule=sentence_all(task.schedules),
            ahead=self._minutes(task, task_id, holidays, here.now, here.until, ("ahead",)),
            overdue=overdue,
            why=why,
            reason=reason,
            why_until=until,
        )

    def _minutes(
        self, task: Task, task_id: str, holidays: Holidays, after: int, until: int, shared: tuple[str, ...]
    ) -> Minutes:
        """The due times in a stretch; `shared`: by all tasks of the same schedule, since it is the same stretch."""
        seed = task_id if any("~" in text for text in task.schedules) else ""
        rule = task.options.on_holiday
        off = "" if rule == "run" else repr(holidays)
        key = (*shared, task.schedules, task.timezone, task.start, task.end, rule, off, seed)
        if shared and key in self._known:
            return self._known[key]
        try:
            table = timetable_of(task, holidays, self._here.zone, seed)
            found = table.within(to_date(after), to_date(until))
        except BadInput:
            found = {}
        if shared:
            self._known[key] = found
        return found

    def _held(self, group_id: str) -> dict[str | None, HoldView]:
        """What holds each task of the group; None: all of them."""
        found: dict[str | None, HoldView] = {}
        for hold in self._here.holds:
            if hold.group_id in (None, group_id):
                found[hold.task_id] = hold
        return found

    def _obstacle(self, group: GroupFacts, task: Task, hold: HoldView | None) -> Obstacle:
        """What keeps the task from running."""
        here = self._here
        if not task.enabled:
            return Obstacle("disabled", "disabled")
        if group.standby:
            return Obstacle("the group is on standby on this node", "standby")
        if reason := excluded(task.nodes, here.name, here.tags):
            return Obstacle(reason, "selector")
        if hold is None:
            return Obstacle()
        what = {"task": "held", "group": "its group is held", "node": "the whole node is held"}[hold.scope]
        return Obstacle(what, "held", None if hold.until is None else parse_date(hold.until))
