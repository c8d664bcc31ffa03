"""Gathering what a decision depends on."""

from datetime import date
from zoneinfo import ZoneInfo

from atsn_tui.errors import AtsnError
from atsn_tui.model.dates import to_date
from atsn_tui.model.run import Hold, Trigger
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task
from atsn_tui.model.words import local_time
from atsn_tui.runner.scheduling.active import Live
from atsn_tui.runner.scheduling.decide import Facts
from atsn_tui.runner.scheduling.entry import Entry
from atsn_tui.runner.scheduling.selectors import excluded
from atsn_tui.runner.scheduling.state import State
from atsn_tui.schedule import days_off


def facts_of(
    state: State,
    entry: Entry,
    task: Task,
    trigger: Trigger,
    *,
    lineage: tuple[str, ...] = (),
    late: str = "",
    before: Live | None = None,
) -> Facts:
    """The facts about a run of the task; `before`: about that run, which waits."""
    group = state.group_of(entry)
    running, waiting = state.active.counts(entry.key, before)
    event = trigger in ("after", "startup") and not entry.problem
    return Facts(
        trigger=trigger,
        enabled=task.enabled,
        invalid=entry.problem,
        over=over(state, entry, task) if event or entry.over else "",
        held=held(state, entry),
        standby=entry.key[0] in state.here and state.here[entry.key[0]].standby,
        selector=excluded(task.nodes, state.place.name, state.place.tags) or "" if task.nodes else "",
        holiday=holiday(state, task, group.settings) if event else "",
        circle=_circle(entry, lineage) if trigger == "after" else "",
        late=late,
        policy=policy(state, entry, task),
        overlap=task.options.overlap,
        running=running,
        waiting=waiting,
        full=node_full(state) or group_full(state, entry.key[0]),
    )


def held(state: State, entry: Entry) -> str:
    """What holds the task."""
    found = state.hold_on(entry.key)
    if found is None:
        return ""
    what, hold = found
    until = f" until {local_time(hold.until, state.place.zone)}" if hold.until is not None else ""
    return f"{what} is held{until}{_by(hold)}"


def _by(hold: Hold) -> str:
    return (f" by {hold.who}" if hold.who else "") + (f": {hold.note}" if hold.note else "")


def over(state: State, entry: Entry, task: Task) -> str:
    """Why the task has ended for good, or has not begun."""
    if entry.over:
        return "it is over"
    today = _today(state, task)
    if task.start and today < date.fromisoformat(task.start):
        return f"its first day is {task.start}"
    if task.end and today > date.fromisoformat(task.end):
        return f"its last day was {task.end}"
    return ""


def holiday(state: State, task: Task, settings: Settings) -> str:
    """Whether today is a day off on which the task does not run."""
    if task.options.on_holiday == "run":
        return ""
    today = _today(state, task)
    name = days_off(settings.holidays).name(today)
    return f"{today:%a %Y-%m-%d} is {name}" if name else ""


def policy(state: State, entry: Entry, task: Task) -> str:
    """Why this node's policy does not let the task run."""
    group = state.group_of(entry)
    try:
        return state.allowed(task, group.settings, entry.origin, group.cover.row.origin) or ""
    except AtsnError as error:
        return str(error)


def node_full(state: State) -> str:
    """Why the node has no room for one more run."""
    most = state.limits.node
    if most is None or state.active.running < most:
        return ""
    return f"this node runs {most} at once, and no more"


def group_full(state: State, group_id: str) -> str:
    """Why the group has no room for one more run."""
    own = state.here[group_id].max_parallel if group_id in state.here else None
    most = state.limits.group if own is None else own
    if most is None or state.active.running_in(group_id) < most:
        return ""
    return f"this node runs {most} of the group at once, and no more"


def _today(state: State, task: Task) -> date:
    return to_date(state.now).astimezone(ZoneInfo(task.timezone or state.place.zone)).date()


def _circle(entry: Entry, lineage: tuple[str, ...]) -> str:
    if entry.key[1] not in lineage:
        return ""
    return "it would follow from its own run: the tasks that run after each other make a circle"
