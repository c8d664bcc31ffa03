"""What the main screen knows: the node's status, and the tasks of the groups that were opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from atsn_tui.console.action import Context
from atsn_tui.console.look.runs import hold_of
from atsn_tui.console.look.states import waits
from atsn_tui.console.main.sidebar import folder_counts
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.runs.views import HoldView, RunView
from atsn_tui.node.views import GroupView, LinkView, StatusView, TaskView

_MANY = 8
"""More folders than this stay hidden at first, so that the peers below stay in sight."""


@dataclass(frozen=True)
class Loaded:
    """A group's tasks, and the digest of the group when they were asked for."""

    digest: str
    tasks: Sequence[TaskView]
    folders: dict[str, int]


@dataclass(frozen=True)
class Selection:
    """What the person stands on. `tasks` are the marked ones, else the one under the cursor."""

    context: Context
    group: GroupView | None = None
    folder: str = ""
    tasks: tuple[TaskView, ...] = ()
    peer: PeerView | None = None
    link: LinkView | None = None


@dataclass
class Book:
    """Holds it all, so that the screen only shows."""

    status: StatusView | None = None
    loaded: dict[str, Loaded] = field(default_factory=dict)
    last: dict[str, dict[str, RunView]] = field(default_factory=dict)
    """The latest run of each task, by group and task."""
    chosen_folds: dict[str, bool] = field(default_factory=dict)
    offered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The groups that may be taken over from peers which were joined here, by the peer's id."""

    def take(self, status: StatusView) -> None:
        """A new status; groups that are gone are forgotten."""
        self.status = status
        known = {group.id for group in status.groups}
        self.loaded = {key: value for key, value in self.loaded.items() if key in known}
        self.last = {key: value for key, value in self.last.items() if key in known}

    def load(self, group: GroupView, tasks: Sequence[TaskView]) -> None:
        """The tasks of a group as they were when it had that digest."""
        folders = folder_counts(view.task.folder for view in tasks)
        self.loaded[group.id] = Loaded(group.digest, tasks, folders)

    def fresh(self, group: GroupView) -> bool:
        """Whether the tasks of the group need not be asked for again."""
        known = self.loaded.get(group.id)
        return known is not None and known.digest == group.digest

    def tasks(self, group: GroupView) -> Sequence[TaskView] | None:
        """The tasks of a group as far as they are known."""
        known = self.loaded.get(group.id)
        return None if known is None else known.tasks

    def last_runs(self, group: GroupView) -> dict[str, RunView]:
        """The latest run of each of its tasks, as far as they are known."""
        return self.last.get(group.id, {})

    def hold_of(self, group: GroupView, task_id: str | None = None) -> HoldView | None:
        """What holds a task, or the whole group."""
        return hold_of(group.id, task_id, self.holds)

    @property
    def holds(self) -> tuple[HoldView, ...]:
        """What is paused on this node."""
        return () if self.status is None else self.status.holds

    @property
    def groups(self) -> tuple[GroupView, ...]:
        """All groups."""
        return () if self.status is None else self.status.groups

    @property
    def peers(self) -> tuple[PeerView, ...]:
        """All peers."""
        return () if self.status is None else self.status.peers

    @property
    def links(self) -> tuple[LinkView, ...]:
        """All links."""
        return () if self.status is None else self.status.links

    @property
    def folders(self) -> dict[str, dict[str, int]]:
        """The folders of each group, with their numbers of tasks."""
        return {group_id: known.folders for group_id, known in self.loaded.items()}

    @property
    def folded(self) -> set[str]:
        """The groups whose folders are hidden: as chosen, else those with many."""
        many = {group_id for group_id, known in self.loaded.items() if len(known.folders) > _MANY}
        return {group.id for group in self.groups if self.chosen_folds.get(group.id, group.id in many)}

    def fold(self, group_id: str, folded: bool) -> None:
        """Hide or show the folders of a group from now on."""
        self.chosen_folds[group_id] = folded

    @property
    def waiting(self) -> list[LinkView]:
        """The links that wait for a person."""
        return [link for link in self.links if waits(link)]

    def links_of(self, group: GroupView) -> list[LinkView]:
        """The links of a group."""
        return [link for link in self.links if link.group_id == group.id]

    def links_with(self, peer: PeerView) -> list[LinkView]:
        """The links with a peer."""
        return [link for link in self.links if link.peer == peer.name]
