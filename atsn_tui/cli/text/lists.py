"""The tables of groups, tasks, peers and links."""

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import moment
from atsn_tui.cli.text.runs import run_state
from atsn_tui.cli.text.states import peer_state, state
from atsn_tui.cli.text.tables import short_ids, table
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.runs.views import HoldView, RunView
from atsn_tui.node.views import GroupView, LinkView, TaskView

NO_LINKS = "none yet: atsn link add GROUP PEER --push"
"""In place of the links where there are none."""


def group_table(groups: Iterable[GroupView]) -> Table:
    """Groups: name, whether it is replicated, how many tasks, id."""
    rows = [(group.name, _kind(group), str(group.tasks), group.id) for group in groups]
    return table(("NAME", "KIND", "TASKS", "ID"), rows, whole=("TASKS", "ID"))


def task_table(
    tasks: Sequence[TaskView],
    last: Mapping[str, RunView] | None = None,
    holds: Sequence[HoldView] = (),
    *,
    of_all: bool = False,
) -> Table:
    """Tasks: whether it is on, folder and name, schedule, last result, next due time, the beginning of its id.

    Those `of_all` groups are named with their group, as commands take them.
    """
    runs = last or {}
    ids = short_ids([view.id for view in tasks])
    rows = [
        (
            _on(view, holds),
            f"{view.group}/{view.task.path}" if of_all else view.task.path,
            view.schedule,
            run_state(runs[view.id]) if view.id in runs else "–",
            moment(view.next_at) if view.task.enabled else "–",
            ids[view.id],
        )
        for view in tasks
    ]
    return table(("", "TASK", "SCHEDULE", "LAST", "NEXT", "ID"), rows, whole=("", "LAST", "NEXT", "ID"))


def _on(view: TaskView, holds: Sequence[HoldView]) -> str:
    if not view.task.enabled:
        return "○ off"
    held = any(hold.group_id in (None, view.group_id) and hold.task_id in (None, view.id) for hold in holds)
    return "‖ held" if held else "✓ on"


def granted(grants: Iterable[str], groups: Iterable[GroupView]) -> str:
    """`pull:ops, status`: grants, with groups by their names where those are known; nothing if there are none."""
    names = {group.id: group.name for group in groups}
    parts = (grant.partition(":") for grant in grants)
    return ", ".join(f"{access}{colon}{names.get(group, group)}" for access, colon, group in parts)


def peer_table(peers: Iterable[PeerView], groups: Sequence[GroupView] = ()) -> Table:
    """Peers: name, state, address, grants with the names of `groups`, last contact."""
    rows = [
        (
            Text(clean(peer.name)),
            peer_state(peer),
            peer.address or "connects to us",
            granted(peer.grants, groups) or "–",
            moment(peer.last_contact) + (f", {peer.clock}" if peer.clock else ""),
        )
        for peer in peers
    ]
    return table(
        ("NAME", "STATE", "ADDRESS", "GRANTS", "CONTACT"), rows, whole=("STATE", "ADDRESS", "CONTACT")
    )


def link_table(links: Sequence[LinkView]) -> Table:
    """Links: group, direction, peer, mode, schedule, state, the beginning of its id."""
    ids = short_ids([link.id for link in links])
    rows = [
        (
            _ends(link),
            f"{link.direction}, {link.mode}",
            link_when(link),
            state(link.state, link.behind, changed=link.changed) if link.enabled else Text("○ off"),
            ids[link.id],
        )
        for link in links
    ]
    return table(("LINK", "HOW", "WHEN", "STATE", "ID"), rows, whole=("HOW", "STATE", "ID"))


def _kind(group: GroupView) -> str:
    kind = "replicated" if group.replicated else "local"
    if group.kept_by is not None:
        kind = f"kept by {group.kept_by}"
    if group.intake_paused is not None:
        kind += ", takes nothing from peers"
    return kind if group.run_here else f"{kind}, standby here"


def _ends(link: LinkView) -> str:
    return f"{link.group} {'→' if link.direction == 'push' else '←'} {link.peer}"


def link_when(link: LinkView) -> str:
    """When a link runs by itself."""
    if link.schedule is None:
        return "by hand"
    return f"{link.schedule}, ask" if link.apply == "ask" else link.schedule
