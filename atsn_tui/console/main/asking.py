"""The questions before something is changed."""

from collections.abc import Sequence

from textual.screen import Screen

from atsn_tui.console.dialogs.confirm import Confirm
from atsn_tui.console.lists.document import GAP, Block, Words
from atsn_tui.console.main.travel import deletion_travels
from atsn_tui.model.words import plural
from atsn_tui.node.views import GroupView, LinkView, TaskView

_NAMED = 8


async def may_change(screen: Screen[None], group: GroupView) -> bool:
    """Whether to change a group; asks where another node keeps it."""
    if group.kept_by is None:
        return True
    keeper = group.kept_by
    blocks: list[Block] = [
        Words(f"{keeper} keeps this group as a strict copy of its own."),
        GAP,
        Words(f"What you change here is overwritten with the next replication from {keeper}.", "warn"),
        Words(f"Better change it on {keeper}, or press K to follow it no longer.", "muted"),
    ]
    return await screen.app.push_screen_wait(
        Confirm(f"Kept by {keeper}", blocks, "Change it here all the same")
    )


async def may_delete_tasks(
    screen: Screen[None], group: GroupView, tasks: Sequence[TaskView], links: Sequence[LinkView]
) -> bool:
    """Whether to delete tasks; names them and says where the deletion travels."""
    blocks: list[Block] = [Words(view.task.path, "strong", indent=2) for view in tasks[:_NAMED]]
    if len(tasks) > _NAMED:
        blocks.append(Words(f"and {len(tasks) - _NAMED:,} more", "muted", indent=2))
    blocks += [GAP, *deletion_travels(group, links)]
    title = f"Delete {plural(len(tasks), 'task')} from {group.name}?"
    return await screen.app.push_screen_wait(Confirm(title, blocks, "Delete", "Keep"))


async def confirmed(screen: Screen[None], title: str, sentences: Sequence[str], yes: str) -> bool:
    """Whether to go on, after some sentences."""
    return await screen.app.push_screen_wait(Confirm(title, [Words(text) for text in sentences], yes, "Keep"))
