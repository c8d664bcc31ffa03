"""The list on the left: groups with their folders, and peers with their live state."""

from collections.abc import Container, Hashable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from atsn_tui.console.actions import bindings
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.states import peer_sign
from atsn_tui.console.look.wrapping import spread
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.views import GroupView


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class GroupItem:
    """A group; `folders` tells whether there is something to fold."""

    group: GroupView
    folders: bool
    folded: bool


@dataclass(frozen=True)
class FolderItem:
    """A folder of a group, with the number of tasks in and below it."""

    group: GroupView
    path: str
    tasks: int


@dataclass(frozen=True)
class PeerItem:
    """A peer, and whether a link with it waits for a person."""

    peer: PeerView
    waiting: bool


Item = Heading | GroupItem | FolderItem | PeerItem


def items(
    groups: Iterable[GroupView],
    peers: Iterable[PeerView],
    waiting: Container[str],
    folders: dict[str, dict[str, int]],
    folded: set[str],
) -> list[Item]:
    """The list from top to bottom.

    `waiting` holds the names of peers that wait for a person, `folders` each folder's number of tasks by group id.
    """
    listed: list[Item] = [Heading("Groups")]
    for group in sorted(groups, key=lambda group: not group.replicated):
        own = folders.get(group.id, {})
        listed.append(GroupItem(group, bool(own), group.id in folded))
        if group.id not in folded:
            listed += [FolderItem(group, path, own[path]) for path in sorted(own)]
    listed.append(Heading(""))
    listed.append(Heading("Peers"))
    listed += [PeerItem(peer, peer.name in waiting) for peer in peers]
    return listed


def folder_counts(paths: Iterable[str]) -> dict[str, int]:
    """Each folder that occurs in the tasks' folders, with the number of tasks in and below it."""
    counts: dict[str, int] = {}
    for path in paths:
        parts = path.split("/") if path else []
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            counts[folder] = counts.get(folder, 0) + 1
    return counts


class Sidebar(LineList[Item]):
    """Groups, folders and peers."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("tree")

    DEFAULT_CSS = "Sidebar { width: 25; }"

    class Folded(Message):
        """A group is to be folded or unfolded."""

        def __init__(self, group_id: str, folded: bool) -> None:
            super().__init__()
            self.group_id = group_id
            self.folded = folded

    def key_of(self, item: Item) -> Hashable:
        """A group, a folder of it, or a peer."""
        match item:
            case GroupItem(group):
                return ("group", group.id)
            case FolderItem(group, path):
                return ("folder", group.id, path)
            case PeerItem(peer=peer):
                return ("peer", peer.id)
        return ("heading", item.text)

    def can_select(self, item: Item) -> bool:
        """Everything but titles."""
        return not isinstance(item, Heading)

    def draw(self, item: Item, width: int) -> list[Line]:
        """One line."""
        match item:
            case Heading(text):
                return [[(text, "muted")]]
            case GroupItem(group, folders, folded):
                mark = ("▸ " if folded else "▾ ") if folders else "  "
                side: Line = [("" if group.replicated else "local ", "muted"), (f"{group.tasks:,}", "muted")]
                return [spread([(mark, "muted"), (visible(group.name), "ink")], side, width)]
            case FolderItem(_, path, tasks):
                indent = "    " + "  " * path.count("/")
                name = visible(path.rpartition("/")[2])
                return [spread([(indent, "ink"), (name, "muted")], [(f"{tasks:,}", "muted")], width)]
            case PeerItem(peer, waiting):
                sign = peer_sign(peer, waiting)
                left: Line = [(f"{sign.glyph} ", sign.role), (visible(peer.name), "ink")]
                return [spread(left, [(sign.word, sign.role)], width)]

    def action_fold(self) -> None:
        """Fold the folders of the group under the cursor."""
        self._fold(True)

    def action_unfold(self) -> None:
        """Show the folders of the group under the cursor."""
        self._fold(False)

    def _fold(self, folded: bool) -> None:
        item = self.current
        if isinstance(item, GroupItem | FolderItem):
            self.select(("group", item.group.id))
            self.post_message(self.Folded(item.group.id, folded))
