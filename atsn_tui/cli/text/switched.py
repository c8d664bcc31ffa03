"""What `atsn task enable` and `disable` did, in one line."""

from collections.abc import Sequence

from atsn_tui.model.words import first_few, plural
from atsn_tui.node.views import TaskView

SHOWN = 5
"""As many tasks are named."""


def switched(tasks: Sequence[TaskView], changed: int, enabled: bool) -> str:
    """Which tasks, and how many of them were not so before."""
    done = "Enabled" if enabled else "Disabled"
    names = sorted(f"{view.group}/{view.task.path}" for view in tasks)
    if not names:
        return f"{done} nothing: there is no task in it"
    named = first_few(names, SHOWN)
    if len(names) == 1:
        return f"{done}: {named}"
    before = f", {len(names) - changed} were so already" if changed < len(names) else ""
    return f"{done} {plural(len(names), 'task')}{before}: {named}"
