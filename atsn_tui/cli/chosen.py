"""Tasks as they are named on the command line."""

from collections.abc import Sequence

from atsn_tui.cli.command import Call
from atsn_tui.cli.kept import warn_if_kept
from atsn_tui.node.node import Node
from atsn_tui.node.run_views import RunView
from atsn_tui.node.views import TaskView


async def chosen_tasks(node: Node, which: Sequence[str]) -> list[TaskView]:
    """The tasks of these names, each once; all are found before anything is done to one of them."""
    found = [await node.tasks.get(word) for word in which]
    return list({view.id: view for view in found}.values())


async def last_run(node: Node, view: TaskView) -> RunView | None:
    """The task's latest run on this node."""
    return (await node.runs.last(view.group_id)).get(view.id)


async def warn_about_groups(call: Call, node: Node, tasks: Sequence[TaskView]) -> None:
    """Warn for each of the tasks' groups that another node keeps."""
    for group_id in dict.fromkeys(view.group_id for view in tasks):
        warn_if_kept(call, await node.groups.get(group_id))
