"""What the person stands on, from where the cursors and the focus are."""

from typing import Any

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.main.book import Selection
from atsn_tui.console.main.link_list import LinkList
from atsn_tui.console.main.sidebar import FolderItem, GroupItem, Item, PeerItem
from atsn_tui.console.main.task_list import TaskList


def selection_of(
    item: Item | None, active: LineList[Any] | None, tasks: TaskList, links: LinkList
) -> Selection:
    """`item` is the place in the sidebar, `active` the list that had the focus last."""
    if isinstance(item, PeerItem):
        link = links.current if active is links else None
        return Selection("peer" if link is None else "link", peer=item.peer, link=link)
    if isinstance(item, GroupItem | FolderItem):
        folder = item.path if isinstance(item, FolderItem) else ""
        if active is tasks and tasks.current is not None:
            return Selection("task", item.group, folder, tuple(tasks.chosen()))
        return Selection("folder" if folder else "group", item.group, folder)
    return Selection("empty")
