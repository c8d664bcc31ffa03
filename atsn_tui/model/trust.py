"""Whose change decides what runs, and as whom: the origin of a record."""

from operator import attrgetter
from typing import Any

import msgspec

from atsn_tui.model.record import Origin
from atsn_tui.model.references import refers
from atsn_tui.model.settings import Account, Settings
from atsn_tui.model.task import Task

TASK_FIELDS = ("action", "run_as", "run_as_group", "directory", "shell", "environment", "options.umask")
"""Of the options, the umask alone shapes what a run leaves behind; the others say when it runs, and how long."""
SETTINGS_FIELDS = ("account", "environment", "credentials", "log")


def origin_after(
    before: Task | Settings | None, after: Task | Settings, kept: Origin | None, new: Origin
) -> Origin:
    """The origin of a changed record: `new` only if what runs, or as whom, is different from before."""
    if before is None or kept is None:
        return new
    fields = TASK_FIELDS if isinstance(after, Task) else SETTINGS_FIELDS
    return kept if _pick(before, fields) == _pick(after, fields) else new


def peer_behind(
    task: Task, settings: Settings, origin: Origin, settings_origin: Origin
) -> tuple[str, Origin] | None:
    """Which part of what a task does came from a peer, and from which. The settings count where they have a part."""
    if origin.kind == "peer":
        return "task", origin
    shaped = settings.environment or settings.account != Account() or refers(task)
    if settings_origin.kind == "peer" and shaped:
        return "group's settings", settings_origin
    return None


def _pick(content: Task | Settings, fields: tuple[str, ...]) -> list[Any]:
    return [msgspec.to_builtins(attrgetter(name)(content)) for name in fields]
