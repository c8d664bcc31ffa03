"""Undoing: an earlier state of a group as a new change, whose dates go forward."""

import shlex
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from atsn_tui.errors import BadInput, Moved
from atsn_tui.model import codec, dates
from atsn_tui.model.record import Origin, Record
from atsn_tui.node.past.views import UndoView, change_views
from atsn_tui.store import changes, groups, history, intake, past, peers, tasks
from atsn_tui.store.history import PastEdit

_WHY = {"added": "deleted since then", "deleted": "added since then", "changed": "changed since then"}


class Doer(NamedTuple):
    """Who undoes, and when."""

    entry: changes.Entry
    """Of kind `undo`."""
    origin: Origin
    """That of what is deleted."""


def preview(db: sqlite3.Connection, group_id: str, name: str, to: int | None) -> UndoView:
    """What it would change to let a group be as it was after change `to`, by default as before the last one.

    A group that was removed is brought back. BadInput: there is no such state.
    """
    last = history.last_sequence(db, group_id)
    target = last - 1 if to is None else to
    _check(db, group_id, name, last, target)
    row = groups.get_group(db, group_id)
    edits = [turned(edit) for edit in past.between(db, group_id, target, last)]
    edits = [edit for edit in edits if _differs(edit)]
    keeper = _keeper(db, row)
    changed = change_views(group_id, edits)
    return UndoView(
        group=name,
        group_id=group_id,
        to=target,
        state="differs" if changed else "in_sync",
        changes=tuple(replace(each, modified_at=None, why=_WHY.get(each.why, each.why)) for each in changed),
        notes=tuple(_notes(db, group_id, name, row, keeper)) if changed else (),
        kept_by=keeper,
        base=None if row is None else row.digest.hex(),
    )


def apply(db: sqlite3.Connection, shown: UndoView, doer: Doer) -> UndoView:
    """Do what was shown. Moved: the group is no longer as it was then."""
    group_id = shown.group_id
    row = groups.get_group(db, group_id)
    base = None if row is None else row.digest.hex()
    # Whose copy the group is decides whether an undo pauses what peers bring, so it is part of what was shown.
    if (base, _keeper(db, row)) != (shown.base, shown.kept_by):
        raise Moved(
            f"group {shown.group!r} changed after the undo was shown: nothing was undone; look again, then undo"
        )
    last = history.last_sequence(db, group_id)
    undone = [turned(edit) for edit in past.between(db, group_id, shown.to, last)]
    edits = [_edit(db, group_id, edit, doer) for edit in undone if _differs(edit)]
    if row is None:
        replicated = past.was_replicated(db, group_id)
        head = changes.create(db, group_id, edits, doer.entry, replicated=replicated)
    else:
        head = changes.commit(db, group_id, edits, doer.entry, base=row.digest)
    if row is not None and row.follows is not None and edits:
        kept_by = shown.kept_by or ""
        intake.pause(
            db, group_id, row.name, intake.Pause(who=doer.entry.who, at=doer.entry.at, kept_by=kept_by)
        )
    return replace(shown, state="applied" if edits else "in_sync", number=head.sequence)


def _keeper(db: sqlite3.Connection, row: groups.GroupRow | None) -> str | None:
    """The primary of which the group is a strict copy."""
    keeper = peers.get(db, row.follows.peer_id) if row and row.follows else None
    return None if keeper is None else keeper.name


def _check(db: sqlite3.Connection, group_id: str, name: str, last: int, target: int) -> None:
    if not 0 <= target <= last:
        raise BadInput(f"there is no change {target} of {name!r}: its changes are 1 to {last}")
    if not past.exists(db, group_id, target):
        state = "before it was made" if target == 0 else f"removed by change {target}"
        raise BadInput(f"{name!r} was {state}, which is no state to go back to: choose another change")


def turned(edit: PastEdit) -> PastEdit:
    """The change back."""
    return PastEdit(edit.id, edit.after, edit.before)


def _differs(edit: PastEdit) -> bool:
    """Whether the contents differ: a date alone is nothing to bring back."""
    before, after = edit.before, edit.after
    return before is None or after is None or before.record.fingerprint != after.record.fingerprint


def _edit(db: sqlite3.Connection, group_id: str, edit: PastEdit, doer: Doer) -> changes.Edit:
    """The change of a record to what it was, with the origin that it had then: what a peer brought stays a peer's."""
    if edit.after is None:
        return changes.Edit(edit.id, None, doer.origin)
    body = _with_secrets(edit) if edit.id == group_id else edit.after.record.body
    modified = dates.next_date(doer.entry.at, _latest(db, group_id, edit))
    return changes.Edit(edit.id, Record(edit.id, modified, body, codec.fingerprint(body)), edit.after.origin)


def _latest(db: sqlite3.Connection, group_id: str, edit: PastEdit) -> int | None:
    """The latest date that this id has had here."""
    known = [row.record.modified for row in (edit.before, edit.after) if row is not None]
    floor = tasks.floor(db, group_id, edit.id)
    return max([*known, *([] if floor is None else [floor])])


def _with_secrets(edit: PastEdit) -> bytes:
    """The settings' body; a secret that was forgotten meanwhile is the present one."""
    assert edit.after is not None
    record = edit.after.record
    if edit.before is None or codec.fingerprint(record.body) == record.fingerprint:
        return record.body
    present = codec.decode_settings(edit.before.record.body).credentials
    settings = codec.decode_settings(record.body)
    filled = {
        name: replace(entry, secret=present[name].secret)
        if entry.secret is None and name in present
        else entry
        for name, entry in settings.credentials.items()
    }
    return codec.encode(replace(settings, credentials=filled))


def _notes(
    db: sqlite3.Connection, group_id: str, name: str, row: groups.GroupRow | None, keeper: str | None
) -> Iterator[str]:
    if row is None:
        kind = "replicated" if past.was_replicated(db, group_id) else "local"
        yield f"the group comes back as a {kind} one, without its links: atsn link add makes them anew"
    if keeper is not None:
        yield (
            f"the group is kept by {keeper} as a strict copy of its own: better undo it there, with atsn history and"
            f" atsn undo on {keeper}, and it comes here with the next replication"
        )
        yield (
            "undone here, this node takes nothing more from peers for this group until it is released:"
            f" atsn release {shlex.quote(name)}"
        )
