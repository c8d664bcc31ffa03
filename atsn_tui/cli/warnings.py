"""Warnings about a change that was made: it will not last, a name now means two tasks, or the task cannot run here."""

import shlex
from collections.abc import Sequence

from atsn_tui.cli.command import Call
from atsn_tui.node.views import GroupView, TaskView


def warn_if_kept(call: Call, group: GroupView) -> None:
    """Warn if the group follows another node's strict replication."""
    if group.kept_by is not None:
        call.warn(
            f"{group.name} is kept by {group.kept_by}: its next replication overwrites this change. "
            f"Make it on {group.kept_by} instead, or free the group with: atsn group release {shlex.quote(group.name)}"
        )


def warn_if_twin(call: Call, view: TaskView, twins: Sequence[str]) -> None:
    """Warn if other tasks have the same folder and name."""
    if twins:
        call.warn(
            f"{view.group}/{view.task.path} is now the name of {len(twins) + 1} tasks, and each is reached by its id "
            f"only: {', '.join(sorted([view.id, *twins]))}. To give this one another name: "
            f"atsn task set {view.id} name=NAME"
        )


def warn_if_unable(call: Call, view: TaskView, reasons: Sequence[str]) -> None:
    """Warn of what keeps the task from running here at any time."""
    for reason in reasons:
        call.warn(f"{view.group}/{view.task.path} will not run on this node: {reason}")
