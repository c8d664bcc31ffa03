"""Names and ids as people type them: finding the group, task, peer or link that is meant."""

import re
import shlex
import sqlite3
from collections.abc import Collection, Iterator

import msgspec

from atsn_tui.errors import Ambiguous, BadInput
from atsn_tui.model.peer import Link, Peer
from atsn_tui.node.nearest import ambiguous, not_found
from atsn_tui.store import groups, links, peers, tasks
from atsn_tui.store.groups import GroupRow
from atsn_tui.store.tasks import TaskRow

Found = tuple[GroupRow, TaskRow]

_PREFIX = re.compile(r"[0-9a-f][0-9a-f-]{3,35}\Z")


class _Label(msgspec.Struct):
    """What of a task its name is made of; reading the rest would take ten times longer."""

    name: str
    folder: str

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder else self.name


_label_decoder = msgspec.msgpack.Decoder(_Label)


def find_group(db: sqlite3.Connection, which: str) -> GroupRow:
    """The group with that id, name, or name in another case."""
    rows = groups.list_groups(db)
    for found in (
        [row for row in rows if row.id == which],
        [row for row in rows if row.name == which],
        [row for row in rows if row.name.casefold() == which.casefold()],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise ambiguous("group", which, (f"{row.name}  {row.id}" for row in found))
    raise not_found("group", which, (row.name for row in rows), "atsn group list")


def find_replicated(db: sqlite3.Connection, which: str) -> GroupRow:
    """The group that is meant; BadInput if it is local, with what to do about it."""
    row = find_group(db, which)
    if not row.replicated:
        raise BadInput(
            f"group {row.name!r} is local; to replicate it, first: "
            f"atsn group set {shlex.quote(row.name)} replicated=true"
        )
    return row


def find_peer(db: sqlite3.Connection, name: str) -> Peer:
    """The peer of that name or id; NotFound with the nearest."""
    peer = peers.by_name(db, name) or peers.get(db, name)
    if peer is None:
        raise not_found("peer", name, (each.name for each in peers.list_peers(db)), "atsn peer list")
    return peer


def find_link(db: sqlite3.Connection, which: str) -> Link:
    """The link whose id begins with `which`; NotFound or Ambiguous."""
    found = [link for link in links.list_links(db) if which and link.id.startswith(which)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ambiguous("link", which, (f"{link.id}  {link.group_name}" for link in found))
    raise not_found("link", which, (link.id for link in links.list_links(db)), "atsn link list")


def find_link_between(db: sqlite3.Connection, group: str, peer: str) -> Link:
    """The link of a group with a peer; NotFound, or Ambiguous if it is both sent there and taken from there."""
    with_peer = find_peer(db, peer)
    known = [row for row in groups.list_groups(db) if group in (row.id, row.name)]
    wanted = {group, *(row.id for row in known)}
    of_peer = links.list_links(db, peer_id=with_peer.id)
    found = [link for link in of_peer if not wanted.isdisjoint((link.group_id, link.group_name))]
    if len(found) == 1:
        return found[0]
    if found:
        raise ambiguous("link", f"{group} {peer}", (f"{link.id}  {link.direction}" for link in found))
    raise not_found(
        "link", f"{group} {peer}", (f"{link.group_name} {peer}" for link in of_peer), "atsn link list"
    )


def find_task(db: sqlite3.Connection, which: str) -> Found:
    """The task named GROUP/FOLDER/NAME, or with that id or beginning of one.

    GROUP is a name or an id; the folder may be left out where one task alone has the name. NotFound or Ambiguous.
    """
    by_id = tasks.find_by_prefix(db, which) if _PREFIX.match(which) else []
    exact = [found for found in by_id if found[1].record.id == which]
    candidates = [(_group(db, group_id), row) for group_id, row in exact or by_id]
    known: list[str] = []
    in_folders: list[Found] = []
    if not exact:
        for group, row, label in _named(db, which):
            known.append(f"{group.name}/{label.path}")
            if which in (known[-1], f"{group.id}/{label.path}"):
                candidates.append((group, row))
            elif which in (f"{group.name}/{label.name}", f"{group.id}/{label.name}"):
                in_folders.append((group, row))
    candidates = candidates or in_folders
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise _ambiguous(which, candidates)
    if not known:
        known = [f"{group.name}/" for group in groups.list_groups(db)]
    raise not_found("task", which, known, "atsn task list GROUP")


def find_tasks(db: sqlite3.Connection, which: Collection[str]) -> list[Found]:
    """The tasks of these ids or names, each once. NotFound or Ambiguous."""
    by_id: dict[str, list[Found]] = {}
    for group in groups.list_groups(db):
        for row in tasks.get(db, group.id, which):
            by_id.setdefault(row.record.id, []).append((group, row))
    found = [by_id[word][0] if len(by_id.get(word, ())) == 1 else find_task(db, word) for word in which]
    return list({(group.id, row.record.id): (group, row) for group, row in found}.values())


def find_within(db: sqlite3.Connection, which: str) -> list[Found] | None:
    """All tasks of the group `which`, or of the folder GROUP/FOLDER and those in it; None: it is neither."""
    for group in groups.list_groups(db):
        if which in (group.id, group.name):
            return [(group, row) for row in tasks.list_tasks(db, group.id)]
    found: list[Found] = []
    for group in groups.list_groups(db):
        for name in (group.name, group.id):
            if which.startswith(f"{name}/"):
                folder = which.removeprefix(f"{name}/").rstrip("/")
                found += [(group, row) for row in tasks.list_tasks(db, group.id) if _lies_in(row, folder)]
    return found or None


def _lies_in(row: TaskRow, folder: str) -> bool:
    where = _label_decoder.decode(row.record.body).folder
    return where == folder or where.startswith(f"{folder}/")


def _named(db: sqlite3.Connection, which: str) -> Iterator[tuple[GroupRow, TaskRow, _Label]]:
    """Every task of the groups that `which` may begin with."""
    for group in groups.list_groups(db):
        if which.startswith((f"{group.name}/", f"{group.id}/")):
            for row in tasks.list_tasks(db, group.id):
                yield group, row, _label_decoder.decode(row.record.body)


def _group(db: sqlite3.Connection, group_id: str) -> GroupRow:
    row = groups.get_group(db, group_id)
    if row is None:
        raise BadInput(f"group {group_id} is gone")
    return row


def _ambiguous(which: str, candidates: list[Found]) -> Ambiguous:
    lines = [
        (f"{group.name}/{_label_decoder.decode(row.record.body).path}", row.record.id)
        for group, row in candidates
    ]
    same = len({identity for _, identity in lines}) == 1
    way_out = "use the name of one of them" if same else "use the id of one of them"
    return ambiguous("task", which, (f"{identity}  {path}" for path, identity in sorted(lines)), way_out)
