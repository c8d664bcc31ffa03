"""States of the past: what the records of a group were like after any of its commits."""

import sqlite3
from collections.abc import Iterator

from msgspec import Struct

from atsn_tui.errors import BadInput
from atsn_tui.store import groups, history
from atsn_tui.store.history import PastEdit


class Gone(Struct, frozen=True, kw_only=True):
    """A group that was removed, and still has its history."""

    id: str
    name: str
    sequence: int
    """That of its removal."""


def between(db: sqlite3.Connection, group_id: str, older: int, newer: int) -> list[PastEdit]:
    """What is different after commit `newer` from after commit `older`, the settings first; 0 is before the first.

    BadInput if a commit between them has been forgotten.
    """
    before: dict[str, PastEdit] = {}
    after: dict[str, PastEdit] = {}
    for edit in _edits(db, group_id, older + 1, newer):
        before.setdefault(edit.id, edit)
        after[edit.id] = edit
    found = [PastEdit(each, before[each].before, after[each].after) for each in before]
    return sorted((edit for edit in found if edit.before != edit.after), key=lambda edit: edit.id != group_id)


def exists(db: sqlite3.Connection, group_id: str, seq: int) -> bool:
    """Whether the group existed after that commit. BadInput if there was no such commit, or it was forgotten."""
    if seq == 0:
        return False
    found = db.execute(
        "SELECT digest FROM history WHERE group_id = ? AND seq = ?", (group_id, seq)
    ).fetchone()
    if found is None:
        last = history.last_sequence(db, group_id)
        why = f"the last one is {last}" if seq > last else "it is so old that it was forgotten"
        raise BadInput(f"there is no change {seq} in the history of the group: {why}")
    return found[0] is not None


def removed_groups(db: sqlite3.Connection) -> list[Gone]:
    """The groups that were removed and not brought back, latest first."""
    found = db.execute(
        "SELECT group_id, max(seq), at FROM history WHERE group_id NOT IN (SELECT id FROM groups)"
        " GROUP BY group_id ORDER BY at DESC"
    ).fetchall()
    return [Gone(id=group_id, name=_last_name(db, group_id, seq), sequence=seq) for group_id, seq, _ in found]


def was_replicated(db: sqlite3.Connection, group_id: str) -> bool:
    """Whether a removed group was a replicated one. A local one shows nothing to anybody, so in doubt it was that."""
    found = db.execute(
        "SELECT before FROM audit WHERE action = 'group.remove' AND group_id = ? ORDER BY number DESC LIMIT 1",
        (group_id,),
    ).fetchone()
    return found is not None and found[0] == '{"replicated":true}'


def _edits(db: sqlite3.Connection, group_id: str, first: int, last: int) -> Iterator[PastEdit]:
    for seq in range(first, last + 1):
        entry = history.get_entry(db, group_id, seq)
        if entry is None:
            raise BadInput(
                f"change {seq} of the group was forgotten with the old history: no state before it can be shown"
            )
        yield from entry.edits


def _last_name(db: sqlite3.Connection, group_id: str, seq: int) -> str:
    entry = history.get_entry(db, group_id, seq)
    for edit in entry.edits if entry else ():
        if edit.id == group_id and edit.before is not None:
            return groups.name_in(edit.before.record)
    return group_id
