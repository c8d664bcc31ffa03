"""Enabled tasks that could not run here, and why."""

import shlex
import sqlite3
import time
from collections.abc import Iterator, Sequence

from atsn_tui.host.aside import aside
from atsn_tui.model import codec
from atsn_tui.model.words import first_few, plural
from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Finding
from atsn_tui.node.runs.obstacles import Scene, lasting
from atsn_tui.schedule.following import troubles
from atsn_tui.store import groups, standby, tasks
from atsn_tui.store.outlines import outlines

PATIENCE = 8.0
"""Seconds for all tasks: users may be asked for in a directory service."""


class Tasks:
    """What stands in the way of each task that is to run here, whatever the hour."""

    topic = "tasks"
    fine = "every enabled task can run here"

    async def look(self, core: Core) -> Sequence[Finding]:
        """What could not begin, with one finding for each reason."""
        scenes = await core.store.read(lambda db: sorted(_scenes(db), key=lambda seen: seen.name))
        return await aside(lambda: list(self._reasons(core, scenes)))

    def _reasons(self, core: Core, scenes: Sequence[Scene]) -> Iterator[Finding]:
        end, reasons = time.monotonic() + PATIENCE, dict[str, list[str]]()
        for number, seen in enumerate(scenes):
            if time.monotonic() > end:
                text = f"only {number} of {len(scenes)} enabled tasks were looked at: looking up users takes long"
                yield Finding(topic=self.topic, verdict="note", text=text)
                break
            for reason in lasting(core, seen):
                reasons.setdefault(reason, []).append(seen.name)
        for reason, names in reasons.items():
            what = names[0] if len(names) == 1 else f"{plural(len(names), 'task')} ({first_few(names)})"
            fix = f"atsn why {shlex.quote(names[0])}"
            yield Finding(topic=self.topic, verdict="problem", text=f"{what}: {reason}", fix=fix)


class Following:
    """Tasks that follow each other in a circle, or follow none."""

    topic = "after"
    fine = "whatever is to run after a task finds it"

    async def look(self, core: Core) -> Sequence[Finding]:
        """What is wrong with `after` schedules, and names that several tasks have."""
        return await core.store.read(lambda db: list(self._look(db)))

    def _look(self, db: sqlite3.Connection) -> Iterator[Finding]:
        for row in groups.list_groups(db):
            of_group = outlines(db, row.id)
            for fact, path in troubles(of_group):
                name = f"{row.name}/{path}"
                fix = f"atsn task set {shlex.quote(name)} schedules=…"
                yield Finding(topic=self.topic, verdict="problem", text=f"{name}: {fact}", fix=fix)
            paths = [each.path for each in of_group.values()]
            twins = (
                sorted({path for path in paths if paths.count(path) > 1})
                if len(set(paths)) < len(paths)
                else []
            )
            if twins:
                text = f"several tasks of {row.name} have one name: {first_few(twins)}"
                yield Finding(topic=self.topic, verdict="note", text=text)


def _scenes(db: sqlite3.Connection) -> Iterator[Scene]:
    """The enabled tasks of the groups that run here."""
    for group in groups.list_groups(db):
        if standby.get(db, group.id).standby:
            continue
        for row in tasks.list_tasks(db, group.id):
            task = codec.decode_task(row.record.body)
            if task.enabled:
                settings = codec.decode_settings(group.settings.body)
                yield Scene(
                    found=(group, row), task=task, settings=settings, standby=False, over=False, holds=(), active=(),
                    unclear=(),
                )  # fmt: skip
