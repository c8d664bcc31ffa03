"""Tasks as they are named on the command line."""

from collections.abc import Sequence

from atsn_tui.cli.command import Call
from atsn_tui.cli.warnings import warn_if_kept
from atsn_tui.errors import BadInput, NotFound
from atsn_tui.node.node import Node
from atsn_tui.node.runs.views import RunView
from atsn_tui.node.views import LinkView, TaskView


async def chosen_tasks(node: Node, which: Sequence[str]) -> list[TaskView]:
    """The tasks of these names, each once; all are found before anything is done to one of them."""
    found = [await node.tasks.get(word) for word in which]
    return list({view.id: view for view in found}.values())


async def chosen_or_all(node: Node, which: Sequence[str]) -> list[TaskView]:
    """The same, and a group's name, or GROUP/FOLDER, means all tasks in it; a task of that very name comes first."""
    found: dict[str, TaskView] = {}
    for word in which:
        for view in await _one_or_all(node, word):
            found[view.id] = view
    return list(found.values())


async def _one_or_all(node: Node, word: str) -> Sequence[TaskView]:
    all_of_them = await node.tasks.within(word)
    if all_of_them is None:
        return [await node.tasks.get(word)]
    try:
        return [await node.tasks.get(word)] if "/" in word else all_of_them
    except NotFound:
        return all_of_them


async def last_run(node: Node, view: TaskView) -> RunView | None:
    """The task's latest run on this node."""
    return (await node.runs.last(view.group_id)).get(view.id)


async def warn_about_groups(call: Call, node: Node, tasks: Sequence[TaskView]) -> None:
    """Warn for each of the tasks' groups that another node keeps."""
    for group_id in dict.fromkeys(view.group_id for view in tasks):
        warn_if_kept(call, await node.groups.get(group_id))


async def chosen_link(node: Node, words: Sequence[str]) -> LinkView:
    """The link of that id, or of that group and peer."""
    match list(words):
        case [link]:
            return await node.links.get(link)
        case [group, peer]:
            return await node.links.between(group, peer)
    raise BadInput("a link is named by its id, or by its group and its peer")
