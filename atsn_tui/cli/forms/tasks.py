"""A task as JSON: every field of it at the top level, with what belongs to it."""

import shlex
from typing import Any

import msgspec

from atsn_tui.cli.forms.runs import run_form
from atsn_tui.model.task import Command, Task
from atsn_tui.node.runs.views import RunView
from atsn_tui.node.views import TaskView


def task_form(view: TaskView, last: RunView | None = None) -> dict[str, Any]:
    """The JSON form of a task, with its last run on this node."""
    return {
        "id": view.id,
        "group_id": view.group_id,
        "group": view.group,
        **msgspec.to_builtins(view.task),
        "command": command_line(view.task),
        "schedule": view.schedule,
        "next_at": view.next_at,
        "last": None if last is None else run_form(last),
        "modified_at": view.modified_at,
        "fingerprint": view.fingerprint,
        "origin": msgspec.structs.asdict(view.origin),
    }


def command_line(task: Task) -> str | None:
    """The shell line that the task runs; None for requests and emails."""
    if not isinstance(task.action, Command):
        return None
    return task.action.command or shlex.join(task.action.argv)
