"""What the scheduler looks at again and again: little of it, so that looking costs next to nothing."""

import sqlite3
from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec import Struct

from atsn_tui.model.run import GroupHere, Hold, Request
from atsn_tui.store import holds, requests, standby
from atsn_tui.store.history import PastEdit, get_entry

T = TypeVar("T")


class Glance(Struct, frozen=True, kw_only=True):
    """The state of everything that decides about runs, except tasks and settings themselves."""

    digests: dict[str, bytes]
    """Of all groups, by id."""
    holds: tuple[Hold, ...]
    here: dict[str, GroupHere]
    requests: tuple[Request, ...]
    """Those that wait, of the kinds that were asked for."""


def glance(db: sqlite3.Connection, kinds: Iterable[str]) -> Glance:
    """Look."""
    return Glance(
        digests=dict(db.execute("SELECT id, digest FROM groups")),
        holds=tuple(holds.list_holds(db)),
        here=standby.list_here(db),
        requests=tuple(requests.waiting(db, frozenset(kinds))),
    )


def seen(db: sqlite3.Connection, group_id: str) -> int | None:
    """The group's sequence up to which the scheduler has looked at edits; None: it never has."""
    found = db.execute("SELECT sequence FROM seen WHERE group_id = ?", (group_id,)).fetchone()
    return None if found is None else int(found[0])


def set_seen(db: sqlite3.Connection, group_id: str, sequence: int) -> None:
    """The scheduler has looked at all edits up to that sequence."""
    db.execute("INSERT OR REPLACE INTO seen (group_id, sequence) VALUES (?, ?)", (group_id, sequence))


def last_edits(
    db: sqlite3.Connection, group_id: str, after: int, counts: Callable[[PastEdit], bool], most: int
) -> dict[str, int]:
    """When each task was last edited in a way that counts, in µs, by commits later than sequence `after`.

    Only the `most` newest commits are looked at.
    """
    found: dict[str, int] = {}
    newest = db.execute(
        "SELECT seq FROM history WHERE group_id = ? AND seq > ? ORDER BY seq DESC LIMIT ?",
        (group_id, after, most),
    ).fetchall()
    for (seq,) in newest:
        entry = get_entry(db, group_id, seq)
        for edit in entry.edits if entry else ():
            if edit.id != group_id and edit.id not in found and counts(edit):
                found[edit.id] = entry.entry.at if entry else 0
    return found
