"""The crontabs of this machine: what cron runs as well, and what nobody runs any more."""

import os
import shlex
from collections.abc import Sequence

from atsn_tui.home.crontab_files import files
from atsn_tui.host.aside import aside
from atsn_tui.model.words import first_few, plural
from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Finding
from atsn_tui.node.takeover import doubles, journal


class Cron:
    """Jobs between cron and this node."""

    topic = "cron"
    fine = "no job runs twice, and none was lost on the way from a crontab"

    async def look(self, core: Core) -> Sequence[Finding]:
        """What runs twice, what not at all, and what was left half-way."""
        found = []
        twice = await doubles.double_runs(core)
        by_crontab: dict[str, list[str]] = {}
        for each in twice:
            by_crontab.setdefault(each.also_in, []).append(each.task)
        for source, names in by_crontab.items():
            text = f"{source} runs as well, so it would run twice: {first_few(names)}"
            fix = f"take the line out of the crontab, or: atsn task disable {shlex.quote(names[0])}"
            found.append(Finding(topic=self.topic, verdict="warning", text=text, fix=fix))
        for lost in await doubles.run_by_nobody(core):
            text = f"{lost.source}, line {lost.line}, is run by nobody: {lost.why}"
            fix = f"atsn give-back {shlex.quote(lost.source)}"
            found.append(Finding(topic=self.topic, verdict="problem", text=text, fix=fix))
        if await aside(lambda: journal.unfinished(core.home)) is not None:
            text = "jobs were to change hands between cron and this node, and that was interrupted"
            fix = "a running service finishes it within minutes; start it with: atsn serve"
            found.append(Finding(topic=self.topic, verdict="warning", text=text, fix=fix))
        closed = await aside(_closed)
        if closed:
            text = f"{plural(len(closed), 'crontab')} cannot be read by this user: {first_few(closed)}"
            found.append(Finding(topic=self.topic, verdict="note", text=text))
        return found


def _closed() -> list[str]:
    return [str(path) for path, _ in files() if not os.access(path, os.R_OK)]
