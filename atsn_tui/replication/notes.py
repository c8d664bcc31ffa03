"""The receiver's notes: what a plan would start or stop running on this machine, and what could not run."""

import os
import pwd
from collections.abc import Iterable
from dataclasses import dataclass

from atsn_tui.home.cron_jobs import CronJobs
from atsn_tui.model.record import Origin
from atsn_tui.model.references import missing
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.model.trust import peer_behind
from atsn_tui.model.words import first_few
from atsn_tui.schedule.following import Outlines, troubles
from atsn_tui.schedule.zones import zone_exists

SHOWN = 5
"""How many task names one note spells out."""


STARTS = "will start running"
NO_SERVICE = "no service runs on this machine: nothing starts until one does"


@dataclass(frozen=True)
class Changed:
    """A task that a plan brings."""

    before: Task | None
    """None: it is new."""
    after: Task
    origin: Origin
    """Where it came from, once the plan is applied."""


def notes(
    changed: Iterable[Changed],
    settings: Settings,
    settings_origin: Origin,
    crontabs: CronJobs,
    *,
    service: bool,
) -> tuple[str, ...]:
    """One line a fact; the settings and their origin are those after the plan. `service`: whether one runs here."""
    found: dict[str, list[str]] = {}
    for each in changed:
        before, after = each.before, each.after
        if not after.enabled:
            if before is not None and before.enabled:
                found.setdefault("will no longer run", []).append(after.path)
            continue
        foreign = peer_behind(after, settings, each.origin, settings_origin) is not None
        obstacles = list(_obstacles(after, settings, foreign))
        if not obstacles and (before is None or not before.enabled):
            obstacles = [STARTS]
        for fact in obstacles:
            found.setdefault(fact, []).append(after.path)
        also = crontabs.also_in(after)
        if also:
            found.setdefault(f"also runs from {also}, so it would run twice", []).append(after.path)
    idle = (NO_SERVICE,) if STARTS in found and not service else ()
    return (*(f"{fact}: {first_few(sorted(paths), SHOWN)}" for fact, paths in found.items()), *idle)


def following_notes(before: Outlines, after: Outlines) -> tuple[str, ...]:
    """What a plan makes wrong with who follows whom. It is no reason to refuse: it came from elsewhere."""
    if before == after:
        return ()
    known = set(troubles(before))
    found: dict[str, list[str]] = {}
    for fact, path in troubles(after):
        if (fact, path) not in known:
            found.setdefault(fact, []).append(path)
    return tuple(f"{fact}: {first_few(sorted(paths), SHOWN)}" for fact, paths in found.items())


def _obstacles(task: Task, settings: Settings, foreign: bool) -> Iterable[str]:
    """What keeps a task from running here; `foreign`: a peer has a part in it."""
    user = task.run_as or settings.account.user
    try:
        uid = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    except KeyError:
        yield f"cannot run, there is no user {user!r} on this machine"
    else:
        if uid == 0 and foreign and isinstance(task.action, Command):
            yield "will not run, tasks from a peer do not run as root here"
        elif user and os.geteuid() not in (0, uid):
            yield f"cannot run, this node is not root and cannot become {user!r}"
    if task.timezone and not zone_exists(task.timezone):
        yield f"cannot run, this machine knows no time zone {task.timezone!r}"
    if (
        task.directory
        and task.directory.startswith("/")
        and "$" not in task.directory
        and not os.path.isdir(task.directory)
    ):
        yield f"cannot run, there is no directory {task.directory!r} on this machine"
    yield from (f"cannot run, {each}" for each in missing(task, settings))
    shell = task.shell or task.environment.get("SHELL") or settings.environment.get("SHELL")
    if isinstance(task.action, Command) and task.action.command and shell and not os.access(shell, os.X_OK):
        yield f"cannot run, there is no shell {shell!r} on this machine"
