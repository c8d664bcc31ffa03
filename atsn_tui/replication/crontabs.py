"""The crontabs of this machine, as far as this process may read them: what would run twice."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from atsn_tui.errors import AtsnError
from atsn_tui.formats import crontab
from atsn_tui.formats.jobs import split_percent
from atsn_tui.model.task import Command, Task

USER_CRONTABS = (Path("/var/spool/cron/crontabs"), Path("/var/spool/cron"))
SYSTEM_CRONTAB = Path("/etc/crontab")
SYSTEM_CRONTABS = Path("/etc/cron.d")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Crontabs:
    """Commands of this machine's crontabs, each with the file that runs it."""

    commands: dict[str, str] = field(default_factory=dict)

    def also_in(self, task: Task) -> str | None:
        """The crontab that runs the same command line, if there is one."""
        if not isinstance(task.action, Command) or not task.action.command:
            return None
        return self.commands.get(_plain(task.action.command))


def read_crontabs() -> Crontabs:
    """Read every crontab that this user may read; the others are left out."""
    commands: dict[str, str] = {}
    for folder in USER_CRONTABS:
        for path in _files(folder):
            _add(commands, path, system=False)
    for path in [SYSTEM_CRONTAB, *_files(SYSTEM_CRONTABS)]:
        _add(commands, path, system=True)
    return Crontabs(commands)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []


def _add(commands: dict[str, str], path: Path, *, system: bool) -> None:
    try:
        jobs = crontab.parse(path.read_bytes(), system=system).jobs
    except (OSError, AtsnError):
        return
    for job in jobs:
        commands.setdefault(_plain(split_percent(job.command)[0]), str(path))


def _plain(command: str) -> str:
    return _BLANKS.sub(" ", command).strip()
