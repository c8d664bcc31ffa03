"""The history of each group: every commit with what it changed, before and after."""

import sqlite3
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from atsn_tui.model.record import Origin, Record
from atsn_tui.store.tasks import TaskRow


class Entry(Struct, frozen=True, kw_only=True):
    """What is told of a commit: when, by whom, from where and why."""

    kind: Literal["edit", "apply", "import", "undo"]
    at: int
    """Microseconds since the epoch."""
    who: str
    source: str
    """The node, front end or file that it came from."""
    cycle: str | None = None
    summary: str = ""


class PastEdit(Struct, frozen=True):
    """One record of a commit. `id` is the group's for its settings; None: it did not exist."""

    id: str
    before: TaskRow | None
    after: TaskRow | None


class HistoryRow(Struct, frozen=True, kw_only=True):
    """One commit of a group, without its records."""

    group_id: str
    seq: int
    """The group's sequence after the commit."""
    entry: Entry
    digest: bytes | None
    """The group's digest after the commit; None if the commit removed the group."""
    records: int
    """How many records it changed."""


class HistoryEntry(HistoryRow, frozen=True, kw_only=True):
    """One commit of a group with all that it changed."""

    edits: tuple[PastEdit, ...]


class _Half(Struct, frozen=True, array_like=True):
    modified: int
    body: bytes
    fingerprint: bytes
    origin: Origin


class _Stored(Struct, frozen=True, array_like=True):
    # Empty for settings, so that a group which takes another UUID keeps its history as it is.
    id: str
    before: _Half | None
    after: _Half | None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[_Stored, ...])


def list_history(db: sqlite3.Connection, group_id: str, limit: int | None = None) -> list[HistoryRow]:
    """The commits of a group, newest first, at most `limit`. A removed group still has its history."""
    found = db.execute(
        "SELECT seq, at, kind, who, source, cycle, summary, digest, records FROM history"
        " WHERE group_id = ? ORDER BY seq DESC LIMIT ?",
        (group_id, -1 if limit is None else limit),
    )
    return [_row(group_id, *columns) for columns in found]


def get_entry(db: sqlite3.Connection, group_id: str, seq: int) -> HistoryEntry | None:
    """One commit with its records."""
    found = db.execute(
        "SELECT seq, at, kind, who, source, cycle, summary, digest, records, edits FROM history"
        " WHERE group_id = ? AND seq = ?",
        (group_id, seq),
    ).fetchone()
    if found is None:
        return None
    *columns, blob = found
    row = _row(group_id, *columns)
    return HistoryEntry(
        group_id=group_id,
        seq=row.seq,
        entry=row.entry,
        digest=row.digest,
        records=row.records,
        edits=tuple(_unpack(group_id, stored) for stored in _decoder.decode(blob)),
    )


def find_digest(db: sqlite3.Connection, group_id: str, digest: bytes) -> int | None:
    """The newest sequence at which the group had that digest; None if it never had."""
    found = db.execute(
        "SELECT max(seq) FROM history WHERE group_id = ? AND digest = ?", (group_id, digest)
    ).fetchone()
    return None if found[0] is None else int(found[0])


def last_sequence(db: sqlite3.Connection, group_id: str) -> int:
    """The sequence of the newest commit of a group, removed or not; 0 if there is none."""
    return int(
        db.execute("SELECT coalesce(max(seq), 0) FROM history WHERE group_id = ?", (group_id,)).fetchone()[0]
    )


def add(
    db: sqlite3.Connection,
    group_id: str,
    seq: int,
    entry: Entry,
    digest: bytes | None,
    edits: Iterable[PastEdit],
) -> None:
    """Record a commit. Only those who change records call this."""
    stored = [_pack(group_id, edit) for edit in edits]
    db.execute(
        "INSERT INTO history (group_id, seq, at, kind, who, source, cycle, summary, digest, records, edits)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            group_id,
            seq,
            entry.at,
            entry.kind,
            entry.who,
            entry.source,
            entry.cycle,
            entry.summary,
            digest,
            len(stored),
            _encoder.encode(stored),
        ),
    )


def _row(
    group_id: str,
    seq: int,
    at: int,
    kind: Literal["edit", "apply", "import", "undo"],
    who: str,
    source: str,
    cycle: str | None,
    summary: str,
    digest: bytes | None,
    records: int,
) -> HistoryRow:
    entry = Entry(kind=kind, at=at, who=who, source=source, cycle=cycle, summary=summary)
    return HistoryRow(group_id=group_id, seq=seq, entry=entry, digest=digest, records=records)


def _pack(group_id: str, edit: PastEdit) -> _Stored:
    return _Stored("" if edit.id == group_id else edit.id, _pack_half(edit.before), _pack_half(edit.after))


def _pack_half(row: TaskRow | None) -> _Half | None:
    if row is None:
        return None
    return _Half(row.record.modified, row.record.body, row.record.fingerprint, row.origin)


def _unpack(group_id: str, stored: _Stored) -> PastEdit:
    identity = stored.id or group_id
    return PastEdit(identity, _unpack_half(identity, stored.before), _unpack_half(identity, stored.after))


def _unpack_half(identity: str, half: _Half | None) -> TaskRow | None:
    if half is None:
        return None
    return TaskRow(Record(identity, half.modified, half.body, half.fingerprint), half.origin)
