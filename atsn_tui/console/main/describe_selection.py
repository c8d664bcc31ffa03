"""What is selected, as a title and a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from atsn_tui.console.lists.document import Block
from atsn_tui.console.look.runs import hold_of
from atsn_tui.console.look.times import Clock
from atsn_tui.console.main.about import About
from atsn_tui.console.main.book import Book, Selection
from atsn_tui.console.main.describe_group import describe_group
from atsn_tui.console.main.describe_peer import describe_link, describe_peer
from atsn_tui.console.main.describe_task import describe_task
from atsn_tui.node.views import TaskView


@dataclass(frozen=True)
class Described:
    """What the details show."""

    subject: str = ""
    blocks: Sequence[Block] = ()
    about: About | None = None
    """Whose runs and history there are; None: it has none."""


def describe_selection(
    chosen: Selection, task: TaskView | None, book: Book, clock: Clock
) -> Described | None:
    """The details of a selection; `task` is the one under the cursor. None: it is not there yet."""
    if chosen.context == "task":
        return None if task is None else _task(chosen, task, book, clock)
    if chosen.link is not None:
        link = chosen.link
        return Described(f"{link.group} with {link.peer}", describe_link(link, clock))
    if chosen.peer is not None:
        links = book.links_with(chosen.peer)
        return Described(chosen.peer.name, describe_peer(chosen.peer, links, book.groups, clock))
    if chosen.group is not None:
        group = chosen.group
        blocks = describe_group(group, book.links_of(group), clock, book.hold_of(group))
        return Described(group.name, blocks, About(group.id))
    return Described()


def _task(chosen: Selection, task: TaskView, book: Book, clock: Clock) -> Described:
    run = book.last.get(task.group_id, {}).get(task.id)
    hold = hold_of(task.group_id, task.id, book.holds)
    blocks = describe_task(task, chosen.group, clock, run, hold)
    return Described(task.task.path, blocks, About(task.group_id, task.id))
