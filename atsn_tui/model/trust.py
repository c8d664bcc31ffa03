"""Whose change decides what runs, and as whom: the origin of a record."""

from typing import Any

import msgspec

from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task

TASK_FIELDS = ("action", "run_as", "run_as_group", "directory", "shell", "environment")
SETTINGS_FIELDS = ("account", "environment", "credentials", "log")


def origin_after(
    before: Task | Settings | None, after: Task | Settings, kept: Origin | None, new: Origin
) -> Origin:
    """The origin of a changed record: `new` only if what runs, or as whom, is different from before."""
    if before is None or kept is None:
        return new
    fields = TASK_FIELDS if isinstance(after, Task) else SETTINGS_FIELDS
    return kept if _pick(before, fields) == _pick(after, fields) else new


def _pick(content: Task | Settings, fields: tuple[str, ...]) -> list[Any]:
    return [msgspec.to_builtins(getattr(content, name)) for name in fields]
