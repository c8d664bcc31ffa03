"""Where a deletion goes, in plain words."""

from collections.abc import Sequence

from atsn_tui.console.lists.document import Block, Words
from atsn_tui.console.look.schedules import in_words
from atsn_tui.node.views import GroupView, LinkView


def deletion_travels(group: GroupView, links: Sequence[LinkView]) -> list[Block]:
    """What each link of the group makes of a task that is deleted here."""
    if not group.replicated:
        return [Words("The group is local: nothing is deleted elsewhere.", "muted")]
    active = [link for link in links if link.enabled]
    if not active:
        return [Words("No link of this node carries this group: peers keep what they have.", "muted")]
    return [_one(link) for link in active]


def _one(link: LinkView) -> Block:
    when = "once you replicate (strict)"
    if link.schedule is not None:
        when = f"with its next round (strict, {in_words(link.schedule)})"
    if link.direction == "pull":
        return Words(
            f"{link.peer} gives it back with the next round, unless it is deleted there too.",
            "warn",
            lead="← ",
        )
    if link.mode == "strict":
        return Words(f"{link.peer} deletes it too {when}.", "warn", lead="→ ")
    return Words(f"{link.peer} keeps its copy (easy never deletes).", "muted", lead="→ ")
