"""What cron runs on this machine, as far as this process may read its crontabs."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from atsn_tui.errors import AtsnError
from atsn_tui.formats import crontab
from atsn_tui.formats.jobs import split_percent
from atsn_tui.formats.takeover import Marked, marked
from atsn_tui.home.crontab_files import SystemCrontab, files, own_crontab
from atsn_tui.model.task import Command, Task

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class CronJobs:
    """The jobs of this machine's crontabs."""

    commands: dict[str, str] = field(default_factory=dict)
    """The crontab that runs a command, by the command with single blanks."""
    lines: frozenset[tuple[str, str]] = frozenset()
    """The source of a crontab and one of its lines."""
    taken: tuple[tuple[str, Marked], ...] = ()
    """The source of a crontab and one of its lines that a node has taken over."""

    def also_in(self, task: Task) -> str | None:
        """The crontab that runs the same command line, if there is one."""
        if not isinstance(task.action, Command) or not task.action.command:
            return None
        return self.commands.get(_plain(task.action.command))

    def has(self, source: str, line: str) -> bool:
        """Whether cron runs that very line of that crontab."""
        return (source, line) in self.lines


def read_cron_jobs() -> CronJobs:
    """Read every crontab that this user may read; the others are left out."""
    commands: dict[str, str] = {}
    lines: set[tuple[str, str]] = set()
    taken: list[tuple[str, Marked]] = []
    for name, source, system, data in _readable():
        for job in crontab.parse(data, system=system).jobs:
            commands.setdefault(_plain(split_percent(job.command)[0]), name)
            lines.add((source, job.text))
        taken += [(source, each) for each in marked(data)]
    return CronJobs(commands, frozenset(lines), tuple(taken))


def _readable() -> Iterator[tuple[str, str, bool, bytes]]:
    """Of each crontab: what to call it, its source, its kind, its content."""
    for path, place in files():
        with suppress(OSError):
            yield str(path), place.source, isinstance(place, SystemCrontab), path.read_bytes()
    if os.geteuid() != 0:
        own = own_crontab()
        with suppress(AtsnError):
            yield own.source, own.source, False, own.read()


def _plain(command: str) -> str:
    return _BLANKS.sub(" ", command).strip()
