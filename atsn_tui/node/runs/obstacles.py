"""What stands in the way of a task on this node, one sentence each, with what to do about it."""

import os
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from msgspec import Struct

from atsn_tui.errors import AtsnError, BadInput
from atsn_tui.home.pulse import Pulse
from atsn_tui.model import codec, dates
from atsn_tui.model.dates import to_date
from atsn_tui.model.references import missing
from atsn_tui.model.run import Run
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.model.words import local_time
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import Found
from atsn_tui.node.runs.views import HoldView
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.jobs.policy import why_not
from atsn_tui.runner.jobs.resolve import resolve
from atsn_tui.runner.scheduling.selectors import excluded
from atsn_tui.schedule import After, Startup, Timetable, days_off, parse, timetable_of
from atsn_tui.schedule.following import what_is_wrong
from atsn_tui.schedule.follows import afters
from atsn_tui.store import instants, runs, standby
from atsn_tui.store.outlines import outlines


class Scene(Struct, frozen=True, kw_only=True):
    """All that is asked about a task, read at once."""

    found: Found
    task: Task
    settings: Settings
    standby: bool
    over: bool
    """It is marked as over on this node."""
    holds: tuple[HoldView, ...]
    """Those that hold it now."""
    active: tuple[Run, ...]
    """Its runs that have not ended."""
    unclear: tuple[str, ...]
    """What is wrong with its `after` schedules."""

    @property
    def name(self) -> str:
        """Group, folder and name."""
        return f"{self.found[0].name}/{self.task.path}"

    @property
    def quoted(self) -> str:
        """The same as a word of a command."""
        return shlex.quote(self.name)


def scene(db: sqlite3.Connection, found: Found, holds: tuple[HoldView, ...]) -> Scene:
    """Read what is to be known about a task; `holds` are those that hold it."""
    group, row = found
    task = codec.decode_task(row.record.body)
    key = (group.id, row.record.id)
    return Scene(
        found=found,
        task=task,
        settings=codec.decode_settings(group.settings.body),
        standby=standby.get(db, group.id).standby,
        over=instants.timing(db, key).over,
        holds=holds,
        active=tuple(kept.run for kept in runs.active(db) if (kept.run.group_id, kept.run.task_id) == key),
        unclear=tuple(what_is_wrong(outlines(db, group.id), row.record.id)) if afters(task) else (),
    )


def obstacles(core: Core, seen: Scene, pulse: Pulse) -> Iterator[str]:
    """Everything that keeps the task from running now. `pulse` is the service's. May block for a moment."""
    if not pulse.running:
        yield "no service runs for this node, so nothing runs; start it with: atsn serve"
    elif (silent := pulse.silent_since(core.now())) is not None:
        since = local_time(silent, core.zone)
        yield f"the scheduler has been silent since {since}, so nothing runs; restart the service"
    if not seen.task.enabled:
        yield f"the task is disabled; to enable it: atsn task enable {seen.quoted}"
    for hold in seen.holds:
        yield _held(hold, core.zone)
    if seen.standby:
        name = shlex.quote(seen.found[0].name)
        yield f"this node keeps the group as a standby; to run it here: atsn group set {name} run_here=yes"
    if reason := excluded(seen.task.nodes, core.config.name, core.config.tags):
        yield f"{reason}; to change where it runs: atsn task set {seen.quoted} nodes=…"
    group, row = seen.found
    if reason := why_not(seen.task, seen.settings, row.origin, group.origin):
        yield reason
    yield from _times(core, seen)
    yield from seen.unclear
    yield from _under_way(seen)
    yield from _unable(core, seen)


def lasting(core: Core, seen: Scene) -> Iterator[str]:
    """What would keep an enabled task from running here at any time. May block for a moment."""
    group, row = seen.found
    if excluded(seen.task.nodes, core.config.name, core.config.tags):
        return
    if reason := why_not(seen.task, seen.settings, row.origin, group.origin):
        yield reason
    try:
        timetable_of(seen.task, seen.settings.holidays, core.zone, row.record.id)
    except BadInput as error:
        yield f"its schedule cannot be used on this node: {error}"
    yield from _unable(core, seen)


def _held(hold: HoldView, zone: str) -> str:
    what = {"task": "the task", "group": "its group", "node": "the whole node"}[hold.scope]
    until = (
        f"until {local_time(dates.parse_date(hold.until), zone)}" if hold.until else "until it is released"
    )
    by = f" by {hold.who}" if hold.who else ""
    note = f" ({hold.note})" if hold.note else ""
    named = "" if hold.scope == "node" else f" {shlex.quote(hold.name)}"
    return f"{what} is held{by} {until}{note}; to release it: atsn release{named}"


def _times(core: Core, seen: Scene) -> Iterator[str]:
    """What its schedules say against it."""
    task = seen.task
    if not task.schedules:
        yield f"it has no schedule, so it runs only when it is asked to: atsn run {seen.quoted}"
        return
    try:
        schedules = [parse(text) for text in task.schedules]
        timetable = timetable_of(task, seen.settings.holidays, core.zone, seen.found[1].record.id)
    except BadInput as error:
        yield f"its schedule cannot be used on this node: {error}"
        return
    if any(isinstance(each, Startup | After) for each in schedules):
        yield from _day(core, seen)
    elif all(each.text == "manual" for each in schedules):
        yield f"its schedule is manual, so it runs only when it is asked to: atsn run {seen.quoted}"
    elif seen.over or _is_over(core, timetable):
        yield "it is over: none of its times is still to come; to go on, give it another schedule"


def _is_over(core: Core, timetable: Timetable) -> bool:
    return timetable.next_due(to_date(core.now())) is None


def _day(core: Core, seen: Scene) -> Iterator[str]:
    """Whether today is a day on which what follows an event does not run."""
    task = seen.task
    today = to_date(core.now()).astimezone(ZoneInfo(task.timezone or core.zone)).date()
    if task.start and today < date.fromisoformat(task.start):
        yield f"its first day is {task.start}"
    if task.end and today > date.fromisoformat(task.end):
        yield f"its last day was {task.end}"
    name = days_off(seen.settings.holidays).name(today) if task.options.on_holiday != "run" else None
    if name:
        yield f"today is {name}, a day off on which it does not run"


def _under_way(seen: Scene) -> Iterator[str]:
    for run in seen.active:
        if run.state == "queued":
            why = f": {run.reason}" if run.reason else ""
            yield f"a run of it waits for its turn{why}; to give it up: atsn stop {run.id[:8]}"
        elif seen.task.options.overlap == "skip":
            yield (
                "a run of it has not ended, and what is due until then is skipped (overlap=skip); "
                f"to end it: atsn stop {run.id[:8]}"
            )
        elif seen.task.options.overlap == "queue":
            yield f"a run of it has not ended, and the next one waits for it; to end it: atsn stop {run.id[:8]}"


def _unable(core: Core, seen: Scene) -> Iterator[str]:
    """Why it could not begin on this machine, as far as one can see that without trying."""
    if not isinstance(seen.task.action, Command):
        yield from (f"it cannot begin: {each}" for each in missing(seen.task, seen.settings))
        return
    about = About(
        run_id="none",
        task_id=seen.found[1].record.id,
        task=seen.task.path,
        group=seen.found[0].name,
        node=core.config.name,
        trigger="manual",
    )
    try:
        order = resolve(seen.task, seen.settings, about, core.config.variables)
    except (AtsnError, ValueError) as error:
        yield f"it cannot begin: {error}"
        return
    if order.fallback is None and not os.path.isdir(order.directory):
        yield f"it cannot begin: directory {order.directory} is missing on this node"
    if shutil.which(order.program, path=order.environment.get("PATH", os.defpath)) is None:
        yield f"it cannot begin: program {order.program} is missing on this node, or may not be executed"
