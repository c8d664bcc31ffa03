"""A task as JSON: every field of it at the top level, with what belongs to it."""

import shlex
from typing import Any

import msgspec

from atsn_tui.model.task import Command, Task
from atsn_tui.node.views import TaskView


def task_form(view: TaskView) -> dict[str, Any]:
    """The JSON form of a task."""
    return {
        "id": view.id,
        "group_id": view.group_id,
        "group": view.group,
        **msgspec.to_builtins(view.task),
        "command": command_line(view.task),
        "schedule": view.schedule,
        "next_at": view.next_at,
        "modified_at": view.modified_at,
        "fingerprint": view.fingerprint,
        "origin": msgspec.structs.asdict(view.origin),
    }


def command_line(task: Task) -> str | None:
    """The shell line that the task runs; None for requests and emails."""
    if not isinstance(task.action, Command):
        return None
    return task.action.command or shlex.join(task.action.argv)
