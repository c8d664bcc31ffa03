"""The links of a node."""

import shlex
import sqlite3
from collections.abc import Iterable
from enum import Enum
from typing import Final, Literal

from msgspec.structs import replace

from atsn_tui.errors import AtsnError, BadInput, NotFound
from atsn_tui.model import dates, text
from atsn_tui.model.peer import Direction, Link, Peer
from atsn_tui.model.plan import Mode
from atsn_tui.node.core import Core
from atsn_tui.node.links.changed import changed_since
from atsn_tui.node.lookup import find_link, find_link_between, find_peer, find_replicated
from atsn_tui.node.views import LinkView
from atsn_tui.schedule import parse
from atsn_tui.schedule.kinds import After, Manual
from atsn_tui.store import groups, links, peers

Apply = Literal["auto", "ask"]


class Keep(Enum):
    """The type of KEEP."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
"""Leave the field as it is, where None means something else."""


class Links:
    """Ask for links and change them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(self) -> "list[LinkView]":
        """All links, by group, in the order in which a round plans them."""
        return await self._core.store.read(all_links)

    async def get(self, which: str) -> LinkView:
        """The link whose id begins with `which`."""
        return await self._core.store.read(lambda db: link_view(db, find_link(db, which)))

    async def between(self, group: str, peer: str) -> LinkView:
        """The link of a group with a peer."""
        return await self._core.store.read(lambda db: link_view(db, find_link_between(db, group, peer)))

    async def add(
        self,
        group: str,
        peer: str,
        direction: Direction,
        mode: Mode = "easy",
        schedule: str | None = None,
        apply: Apply = "auto",
        max_deletions: int | None = None,
    ) -> LinkView:
        """Replicate a group with a peer. A group that is pulled need not exist here yet."""
        checked = check_schedule(schedule)
        _check_deletions(max_deletions)

        def write(db: sqlite3.Connection) -> LinkView:
            other = find_peer(db, peer)
            group_id, name = _group(db, group, direction)
            if direction == "push" and other.address is None:
                raise BadInput(
                    f"{other.name} has no address here, so nothing can be pushed to it; give it one: "
                    f"atsn peer set {shlex.quote(other.name)} --address HOST:PORT --host-key KEY"
                )
            existing = links.list_links(db)
            for link in existing:
                ends = (link.peer_id, link.direction, link.group_id or link.group_name)
                if ends == (other.id, direction, group_id or name):
                    raise BadInput(
                        f"there is such a link already: {link.id}; change it with: atsn link set {link.id[:8]}"
                    )
            if mode == "strict":
                _refuse_strict_loop(existing, other, direction, group_id)
            link = Link(
                id=text.new_id(),
                group_id=group_id,
                group_name=name,
                peer_id=other.id,
                direction=direction,
                mode=mode,
                schedule=checked,
                apply=apply,
                position=links.next_position(existing),
                max_deletions=max_deletions,
            )
            links.add(db, link)
            return link_view(db, link)

        return await self._core.store.write(write)

    async def change(
        self,
        which: str,
        mode: Mode | None = None,
        schedule: str | Keep | None = KEEP,
        apply: Apply | None = None,
        enabled: bool | None = None,
        max_deletions: int | Keep | None = KEEP,
    ) -> LinkView:
        """Change a link; what is None, or KEEP, stays as it is.

        A group that it kept as a strict copy follows nobody any more when it turns easy.
        """

        def write(db: sqlite3.Connection) -> LinkView:
            before = find_link(db, which)
            link = replace(
                before,
                mode=mode or before.mode,
                schedule=before.schedule if schedule is KEEP else check_schedule(schedule),
                apply=apply or before.apply,
                enabled=before.enabled if enabled is None else enabled,
                max_deletions=before.max_deletions if max_deletions is KEEP else max_deletions,
            )
            _check_deletions(link.max_deletions)
            links.update(db, link)
            if (before.mode, link.mode) == ("strict", "easy"):
                _let_go(db, link)
            return link_view(db, link)

        return await self._core.store.write(write)

    async def remove(self, which: str) -> LinkView:
        """Remove a link. A group that it kept as a strict copy follows nobody then."""

        def write(db: sqlite3.Connection) -> LinkView:
            link = find_link(db, which)
            shown = link_view(db, link)
            links.remove(db, link.id)
            _let_go(db, link)
            return shown

        return await self._core.store.write(write)


def _let_go(db: sqlite3.Connection, link: Link) -> None:
    """Let the group that the link pulls follow its primary no longer."""
    row = groups.get_group(db, link.group_id) if link.group_id else None
    if link.direction == "pull" and row and row.follows and row.follows.peer_id == link.peer_id:
        groups.set_follow(db, row.id, None)


def all_links(db: sqlite3.Connection) -> list[LinkView]:
    """All links, by group name, pulls before pushes."""
    shown = [(link.position, link_view(db, link)) for link in links.list_links(db)]
    shown.sort(key=lambda each: (each[1].group, each[1].direction == "push", each[0]))
    return [link for _, link in shown]


def link_view(db: sqlite3.Connection, link: Link) -> LinkView:
    """A link as front ends see it."""
    state = links.get_state(db, link.id)
    group = groups.get_group(db, link.group_id) if link.group_id else None
    peer = peers.get(db, link.peer_id)
    result = state.result
    return LinkView(
        id=link.id,
        group=group.name if group else link.group_name,
        group_id=link.group_id,
        peer=peer.name if peer else "?",
        direction=link.direction,
        mode=link.mode,
        schedule=link.schedule,
        apply=link.apply,
        enabled=link.enabled,
        max_deletions=link.max_deletions,
        state=result.state if result else None,
        behind=0 if result is None or result.state in ("applied", "in_sync") else result.total,
        changed=link.group_id is not None and changed_since(db, link, state),
        last_at=None if state.last_at is None else dates.format_date(state.last_at),
        next_at=None if state.next_at is None else dates.format_date(state.next_at),
        error=result.error.message if result and result.error else None,
        result=result,
    )


def _refuse_strict_loop(
    links_: Iterable[Link], peer: Peer, direction: Direction, group_id: str | None
) -> None:
    """Two nodes that are to be strict copies of each other would overwrite each other for ever."""
    for link in links_:
        same = group_id is not None and (link.peer_id, link.group_id) == (peer.id, group_id)
        if same and link.mode == "strict" and link.direction != direction:
            raise BadInput(
                f"there is a strict link with {peer.name} in the other direction already ({link.id[:8]}): each would "
                "overwrite the other; make one of them easy, or remove it"
            )


def _group(db: sqlite3.Connection, group: str, direction: Direction) -> tuple[str | None, str]:
    """Id and name of the group; a pull may name one that only the peer has."""
    try:
        row = find_replicated(db, group)
    except NotFound as error:
        if direction == "push":
            raise
        try:
            text.check_id(group)
        except ValueError:
            _check_name(group, error)
            return None, group
        return group, group
    return row.id, row.name


def _check_name(group: str, error: AtsnError) -> None:
    try:
        text.check_name("group name", group)
    except ValueError as wrong:
        raise BadInput(str(wrong)) from error


def _check_deletions(most: int | None) -> None:
    if most is not None and most < 0:
        raise BadInput(f"max_deletions is {most}: give 0 or more")


def check_schedule(schedule: str | None) -> str | None:
    """The schedule of a link, None for by hand. BadInput if it is none."""
    if schedule is None or not schedule.strip():
        return None
    parsed = parse(schedule)
    if isinstance(parsed, Manual):
        return None
    if isinstance(parsed, After):
        raise BadInput(f"a link cannot follow a task: {schedule!r}; write for example every 15m")
    return schedule.strip()
