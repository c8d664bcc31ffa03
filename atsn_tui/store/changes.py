"""The one road by which records are written: all checks first, then records, digest and history together."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.errors import BadInput, Moved, NotFound
from atsn_tui.model.dates import EARLIEST, LATEST
from atsn_tui.model.digest import BUCKET_BYTES, BUCKETS, bucket_hash, bucket_of
from atsn_tui.model.record import Head, Origin, Record, Row
from atsn_tui.store import history, node, tasks
from atsn_tui.store.history import Commit, Entry, PastEdit
from atsn_tui.store.outlines import waits
from atsn_tui.store.state import State, bucket_rows, check_name_free, load, save
from atsn_tui.store.tasks import TaskRow

__all__ = ["ANY", "Edit", "Entry", "commit", "create"]

_NO_TASKS = bucket_hash(()) * BUCKETS


class Edit(Struct, frozen=True):
    """What a record is to be after a commit. The settings' id is the group's."""

    id: str
    after: Record | None
    """None deletes it."""
    origin: Origin


class Anything(Enum):
    """The type of ANY."""

    ANY = "any"


ANY: Final = Anything.ANY
"""As `base`: whatever the group's state is."""


def commit(
    db: sqlite3.Connection,
    group_id: str,
    edits: Iterable[Edit],
    entry: Entry,
    *,
    base: bytes | Anything | None = ANY,
    promise: bytes | None = None,
) -> Head:
    """Apply edits to a group and record them in its history, or change nothing at all.

    `base` is the digest that the group must have, None that it must not exist yet; then it is created as a
    replicated one. `promise` is the digest that it must come to. Edits that change nothing are dropped;
    without any left, nothing is recorded. Dates are taken as they are.

    Moved: the group is not at `base`, or would not come to `promise`. NotFound: no such group.
    BadInput, Refused: its name is taken by another (Refused for an entry of kind `apply`).
    """
    state = load(db, group_id)
    if base is None:
        if state is not None:
            raise Moved(
                f"group {state.name!r} came to exist here after the plan was made: nothing was applied"
            )
        return create(db, group_id, edits, entry, replicated=True, promise=promise)
    if state is None:
        if base is ANY:
            raise NotFound(f"there is no group with the id {group_id}: atsn group list shows those there are")
        raise Moved(f"group {group_id} was removed after the plan was made: nothing was applied")
    if base is not ANY and base != state.digest:
        raise Moved(f"group {state.name!r} changed after the plan was made: nothing was applied")
    changed = _changed(group_id, _existing(db, state, edits))
    if not changed:
        _check_promise(state, promise)
        return _head(db, state)
    return _carry_out(db, state, changed, entry, promise)


def create(
    db: sqlite3.Connection,
    group_id: str,
    edits: Iterable[Edit],
    entry: Entry,
    *,
    replicated: bool,
    promise: bytes | None = None,
) -> Head:
    """Create a group that does not exist, from edits that bring its settings. For the errors see `commit`."""
    pairs = [(None, edit) for edit in edits]
    settings = next((edit for _, edit in pairs if edit.id == group_id), None)
    if settings is None or settings.after is None:
        raise BadInput(f"group {group_id} cannot be created without its settings")
    state = State(
        name="",
        settings=TaskRow(settings.after, settings.origin),
        replicated=replicated,
        sequence=history.last_sequence(db, group_id),
        tasks=0,
        buckets=_NO_TASKS,
    )
    return _carry_out(db, state, _changed(group_id, pairs), entry, promise)


def _existing(
    db: sqlite3.Connection, state: State, edits: Iterable[Edit]
) -> list[tuple[TaskRow | None, Edit]]:
    wanted = list(edits)
    group_id = state.settings.record.id
    found = {row.record.id: row for row in tasks.get(db, group_id, (edit.id for edit in wanted))}
    found[group_id] = state.settings
    return [(found.get(edit.id), edit) for edit in wanted]


def _changed(group_id: str, pairs: Sequence[tuple[TaskRow | None, Edit]]) -> list[PastEdit]:
    if len({edit.id for _, edit in pairs}) != len(pairs):
        raise BadInput(f"a record of group {group_id} is changed twice at once")
    changed = []
    for before, edit in pairs:
        _check(group_id, edit)
        if edit.after != (before and before.record):
            after = None if edit.after is None else TaskRow(edit.after, edit.origin)
            changed.append(PastEdit(edit.id, before, after))
    return changed


def _check(group_id: str, edit: Edit) -> None:
    if edit.after is None:
        if edit.id == group_id:
            raise BadInput(f"the settings of group {group_id} cannot be deleted: remove the group")
    elif edit.after.id != edit.id:
        raise BadInput(f"record {edit.after.id} cannot stand in the place of {edit.id}")
    elif not EARLIEST <= edit.after.modified <= LATEST:
        raise BadInput(f"record {edit.id} has no possible date: {edit.after.modified} microseconds")


def _carry_out(
    db: sqlite3.Connection, state: State, changed: list[PastEdit], entry: Entry, promise: bytes | None
) -> Head:
    # All that can fail comes before the first write: a caller that catches the error has changed nothing.
    group_id = state.settings.record.id
    after = _state_after(db, state, changed)
    _check_promise(after, promise)
    if after.name != state.name:
        check_name_free(db, after, entry)
    save(db, after)
    _write_tasks(db, group_id, [edit for edit in changed if edit.id != group_id])
    new = any(edit.id == group_id and edit.before is None for edit in changed)
    action = "group.add" if new and entry.kind == "edit" else f"group.{entry.kind}"
    made = Commit(
        group_id=group_id,
        seq=after.sequence,
        entry=entry,
        digest=after.digest,
        edits=changed,
        action=action,
        name=after.name,
    )
    history.add(db, made)
    return _head(db, after)


def _state_after(db: sqlite3.Connection, state: State, changed: list[PastEdit]) -> State:
    group_id = state.settings.record.id
    after = state
    touched: dict[int, list[PastEdit]] = defaultdict(list)
    for edit in changed:
        if edit.id != group_id:
            touched[bucket_of(edit.id)].append(edit)
        elif edit.after is not None:
            after = state.with_settings(edit.after)
    hashes, tasks_after = bytearray(state.buckets), state.tasks
    for bucket, edits in touched.items():
        rows = {row.id: row for row in bucket_rows(db, group_id, bucket)} if state.tasks else {}
        tasks_after -= len(rows)
        _apply(rows, edits)
        tasks_after += len(rows)
        hashes[bucket * BUCKET_BYTES : (bucket + 1) * BUCKET_BYTES] = bucket_hash(rows.values())
    return replace(after, sequence=state.sequence + 1, tasks=tasks_after, buckets=bytes(hashes)).sealed()


def _apply(rows: dict[str, Row], edits: list[PastEdit]) -> None:
    for edit in edits:
        if edit.after is None:
            del rows[edit.id]
        else:
            rows[edit.id] = edit.after.record.row


def _check_promise(state: State, promise: bytes | None) -> None:
    if promise is not None and promise != state.digest:
        raise Moved(
            f"group {state.name!r} would not come to the planned state: nothing was applied; plan again"
        )


def _write_tasks(db: sqlite3.Connection, group_id: str, edits: list[PastEdit]) -> None:
    gone = [edit.before.record for edit in edits if edit.after is None and edit.before is not None]
    if gone:
        db.executemany(
            "DELETE FROM tasks WHERE group_id = ? AND id = ?", [(group_id, record.id) for record in gone]
        )
        tasks.raise_floors(db, group_id, [(record.id, record.modified) for record in gone])
    db.executemany(
        "INSERT INTO tasks (group_id, bucket, waits, id, modified, body, fingerprint, origin)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (group_id, id) DO UPDATE SET"
        " modified = excluded.modified, body = excluded.body, waits = excluded.waits,"
        " fingerprint = excluded.fingerprint, origin = excluded.origin",
        [
            (group_id, bucket_of(edit.id), waits(edit.after.record.body), *tasks.to_columns(edit.after))
            for edit in sorted(edits, key=lambda edit: edit.id)
            if edit.after is not None
        ],
    )


def _head(db: sqlite3.Connection, state: State) -> Head:
    return Head(node.store_id(db), state.sequence, state.digest)
