"""Groups: reading them and their digests, making and removing them, and whom they follow."""

import sqlite3
from collections.abc import Iterable
from itertools import starmap
from typing import Any

import msgspec
from msgspec import Struct

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model import codec
from atsn_tui.model.digest import BUCKET_BYTES
from atsn_tui.model.plan import Side
from atsn_tui.model.record import Head, Origin, Record, Row
from atsn_tui.store import audit, history, links, node, tasks
from atsn_tui.store.adoption import rename_id
from atsn_tui.store.changes import Edit, create
from atsn_tui.store.history import Commit, Entry, PastEdit
from atsn_tui.store.state import State, bucket_rows, load

__all__ = [
    "Follow",
    "GroupRow",
    "all_there",
    "buckets",
    "create_group",
    "find_by_name",
    "get_group",
    "head",
    "list_groups",
    "name_in",
    "remove_group",
    "rename_id",
    "rows",
    "set_follow",
    "set_replicated",
    "side",
]


class Follow(Struct, frozen=True, kw_only=True):
    """The strict cycle of another node that keeps a group."""

    peer_id: str
    node_id: str
    """The primary's node."""
    path: tuple[str, ...] = ()
    """Ids of the nodes that the state came through, nearest last."""
    at: int
    """When it was last applied, in microseconds."""


class GroupRow(Struct, frozen=True, kw_only=True):
    """A group without its tasks."""

    id: str
    name: str
    replicated: bool
    settings: Record
    origin: Origin
    sequence: int
    digest: bytes
    tasks: int
    """How many there are."""
    follows: Follow | None = None


_SELECT = (
    "SELECT g.id, g.name, g.replicated, g.modified, g.body, g.fingerprint, g.origin, g.sequence, g.digest,"
    " g.tasks, f.peer_id, f.node_id, f.path, f.at FROM groups g LEFT JOIN follows f ON f.group_id = g.id"
)
_path_encoder = msgspec.msgpack.Encoder()
_path_decoder = msgspec.msgpack.Decoder(tuple[str, ...])


def list_groups(db: sqlite3.Connection) -> list[GroupRow]:
    """All groups, by name."""
    return [_row(*found) for found in db.execute(_SELECT + " ORDER BY g.name")]


def get_group(db: sqlite3.Connection, group_id: str) -> GroupRow | None:
    """The group of that id."""
    found = db.execute(_SELECT + " WHERE g.id = ?", (group_id,)).fetchone()
    return None if found is None else _row(*found)


def find_by_name(db: sqlite3.Connection, name: str) -> list[GroupRow]:
    """The groups of exactly that name: one or none."""
    return [_row(*found) for found in db.execute(_SELECT + " WHERE g.name = ?", (name,))]


def side(db: sqlite3.Connection, group_id: str) -> Side:
    """The group as a merge sees it; an absent one has no settings and no digest."""
    found = db.execute(
        "SELECT modified, fingerprint, digest FROM groups WHERE id = ?", (group_id,)
    ).fetchone()
    if found is None:
        return Side(group_id, None, {}, None)
    modified, fingerprint, digest = found
    compared = db.execute(
        "SELECT id, modified, fingerprint FROM tasks INDEXED BY task_rows WHERE group_id = ?", (group_id,)
    )
    rows = {row.id: row for row in starmap(Row, compared)}
    return Side(group_id, Row(group_id, modified, fingerprint), rows, digest)


def all_there(db: sqlite3.Connection, group_ids: Iterable[str]) -> bool:
    """Whether there are groups of all these ids."""
    return all(db.execute("SELECT 1 FROM groups WHERE id = ?", (each,)).fetchone() for each in group_ids)


def head(db: sqlite3.Connection, group_id: str) -> Head | None:
    """The group's state in a few bytes; None where it does not exist."""
    found = db.execute("SELECT sequence, digest FROM groups WHERE id = ?", (group_id,)).fetchone()
    return None if found is None else Head(node.store_id(db), *found)


def buckets(db: sqlite3.Connection, group_id: str) -> list[bytes]:
    """The group's 256 bucket hashes. NotFound if it does not exist."""
    found = db.execute("SELECT buckets FROM groups WHERE id = ?", (group_id,)).fetchone()
    if found is None:
        raise _missing(group_id)
    blob = found[0]
    return [blob[at : at + BUCKET_BYTES] for at in range(0, len(blob), BUCKET_BYTES)]


def rows(db: sqlite3.Connection, group_id: str, buckets: Iterable[int]) -> list[Row]:
    """What a merge compares of the tasks in those buckets, sorted by id."""
    found = [row for bucket in set(buckets) for row in bucket_rows(db, group_id, bucket)]
    return sorted(found, key=lambda row: row.id)


def create_group(
    db: sqlite3.Connection, settings: Record, replicated: bool, origin: Origin, entry: Entry
) -> Head:
    """Make a group without tasks; its id is that of the settings. BadInput if its id or name is taken."""
    if load(db, settings.id) is not None:
        raise BadInput(f"there is a group with the id {settings.id} already")
    return create(db, settings.id, [Edit(settings.id, settings, origin)], entry, replicated=replicated)


def set_replicated(db: sqlite3.Connection, group_id: str, replicated: bool) -> None:
    """Say whether peers may see the group. This is no part of its digest and not in its history."""
    state = _require(db, group_id)
    if state.replicated == replicated:
        return
    db.execute("UPDATE groups SET replicated = ? WHERE id = ?", (replicated, group_id))
    audit.note(
        db,
        "group.replicated" if replicated else "group.local",
        group_id,
        state.name,
        group_id=group_id,
        before={"replicated": state.replicated},
        after={"replicated": replicated},
    )


def set_follow(db: sqlite3.Connection, group_id: str, follow: Follow | None) -> None:
    """Say whose strict cycle keeps the group; None: nobody's."""
    state = _require(db, group_id)
    before = get_group(db, group_id)
    _note_follow(db, state, before.follows if before else None, follow)
    db.execute("DELETE FROM follows WHERE group_id = ?", (group_id,))
    if follow is not None:
        db.execute(
            "INSERT INTO follows (group_id, peer_id, node_id, path, at) VALUES (?, ?, ?, ?, ?)",
            (group_id, follow.peer_id, follow.node_id, _path_encoder.encode(follow.path), follow.at),
        )


def remove_group(db: sqlite3.Connection, group_id: str, entry: Entry) -> None:
    """Remove a group with its tasks.

    Its history stays and gains an entry that holds all that was removed; the dates of all its records stay as
    floors, and a group of that id that comes later goes on with its sequence. Its links stay but forget what
    they remember of its state. NotFound if it does not exist.
    """
    state = _require(db, group_id)
    stored = [state.settings, *tasks.list_tasks(db, group_id)]
    gone = [PastEdit(row.record.id, row, None) for row in stored]
    tasks.raise_floors(db, group_id, [(row.record.id, row.record.modified) for row in stored])
    told = msgspec.json.encode({"replicated": state.replicated}).decode()
    commit = Commit(
        group_id=group_id,
        seq=state.sequence + 1,
        entry=entry,
        digest=None,
        edits=gone,
        action="group.remove",
        name=state.name,
        before=told,
    )
    history.add(db, commit)
    links.forget(db, group_id)
    db.execute("DELETE FROM groups WHERE id = ?", (group_id,))


def _note_follow(db: sqlite3.Connection, state: State, before: Follow | None, after: Follow | None) -> None:
    """Tell the audit log who keeps the group, when that is somebody else than before."""
    was, now = (None if each is None else (each.peer_id, each.node_id) for each in (before, after))
    if was == now:
        return
    group_id = state.settings.record.id
    action = "group.unfollow" if after is None else "group.follow"
    audit.note(db, action, group_id, state.name, group_id=group_id, before=before, after=after)


def _require(db: sqlite3.Connection, group_id: str) -> State:
    state = load(db, group_id)
    if state is None:
        raise _missing(group_id)
    return state


def _missing(group_id: str) -> NotFound:
    return NotFound(f"there is no group with the id {group_id}: atsn group list shows those there are")


def _row(
    group_id: str,
    name: str,
    replicated: int,
    modified: int,
    body: bytes,
    fingerprint: bytes,
    origin: bytes,
    sequence: int,
    digest: bytes,
    count: int,
    *follow: Any,
) -> GroupRow:
    settings = tasks.from_columns(group_id, modified, body, fingerprint, origin)
    return GroupRow(
        id=group_id,
        name=name,
        replicated=bool(replicated),
        settings=settings.record,
        origin=settings.origin,
        sequence=sequence,
        digest=digest,
        tasks=count,
        follows=_follow(*follow),
    )


def _follow(peer_id: str | None, node_id: str, path: bytes, at: int) -> Follow | None:
    if peer_id is None:
        return None
    return Follow(peer_id=peer_id, node_id=node_id, path=_path_decoder.decode(path), at=at)


def name_in(settings: Record) -> str:
    """The group's name in its settings."""
    return codec.decode_settings(settings.body).name
