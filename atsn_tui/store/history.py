"""The history of each group: every commit with what it changed, before and after.

Secrets stand apart (`kept_secrets`); each commit is an entry of the audit log, which attests its content.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from atsn_tui.model import codec
from atsn_tui.model.record import Origin, Record
from atsn_tui.store import audit, kept_secrets
from atsn_tui.store.tasks import TaskRow

_CONTENTS = "SELECT group_id, seq, at, kind, who, source, cycle, summary, digest, records, edits FROM history"


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
    peer_id: str = ""
    """The peer that it came from, if it came from one; it is told by the audit log only."""


class PastEdit(Struct, frozen=True):
    """One record of a commit. `id` is the group's for its settings; None: it did not exist."""

    id: str
    before: TaskRow | None
    after: TaskRow | None


class Commit(Struct, frozen=True, kw_only=True):
    """One commit of a group, to be recorded."""

    group_id: str
    seq: int
    entry: Entry
    digest: bytes | None
    edits: Sequence[PastEdit]
    action: str
    """What the audit log calls it."""
    name: str
    """The group's name."""
    before: str | None = None
    after: str | None = None
    """JSON of what no record tells."""


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
    added: int
    """How many of them had not been there."""
    deleted: int
    """How many of them are gone."""


class HistoryEntry(HistoryRow, frozen=True, kw_only=True):
    """One commit of a group with all that it changed."""

    edits: tuple[PastEdit, ...]


class _Half(Struct, frozen=True, array_like=True):
    modified: int
    body: bytes
    fingerprint: bytes
    origin: Origin
    hidden: tuple[str, ...] = ()
    """The credentials whose secrets are references."""


class _Stored(Struct, frozen=True, array_like=True):
    # Empty for settings, so that a group which takes another UUID keeps its history as it is.
    id: str
    before: _Half | None
    after: _Half | None


class _Ends(Struct, frozen=True, array_like=True):
    # What is stored, without reading what stands in it.
    id: msgspec.Raw
    before: msgspec.Raw
    after: msgspec.Raw


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[_Stored, ...])
_ends = msgspec.msgpack.Decoder(tuple[_Ends, ...])
_NOTHING = _encoder.encode(None)


def list_history(db: sqlite3.Connection, group_id: str, limit: int | None = None) -> list[HistoryRow]:
    """The commits of a group, newest first, at most `limit`. A removed group still has its history."""
    found = db.execute(
        "SELECT seq, at, kind, who, source, cycle, summary, digest, records, edits FROM history"
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
    edits = tuple(_unpack(db, group_id, stored) for stored in _decoder.decode(found[-1]))
    return HistoryEntry(**msgspec.structs.asdict(_row(group_id, *found)), edits=edits)


def digest_at(db: sqlite3.Connection, group_id: str, seq: int) -> bytes | None:
    """The digest of a group after that commit; None if it is not kept, or removed the group."""
    found = db.execute(
        "SELECT digest FROM history WHERE group_id = ? AND seq = ?", (group_id, seq)
    ).fetchone()
    return None if found is None else found[0]


def last_sequence(db: sqlite3.Connection, group_id: str) -> int:
    """The sequence of the newest commit of a group, removed or not; 0 if there is none."""
    return int(
        db.execute("SELECT coalesce(max(seq), 0) FROM history WHERE group_id = ?", (group_id,)).fetchone()[0]
    )


def add(db: sqlite3.Connection, commit: Commit) -> None:
    """Record a commit, here and in the audit log. Only those who change records call this."""
    group_id, seq, entry, digest = commit.group_id, commit.seq, commit.entry, commit.digest
    stored = [_pack(db, group_id, edit) for edit in commit.edits]
    blob = _encoder.encode(stored)
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
            blob,
        ),
    )
    told = (entry.at, entry.kind, entry.who, entry.source, entry.cycle, entry.summary)
    audit.add(
        db,
        audit.Event(
            at=entry.at,
            who=entry.who,
            source=entry.source,
            action=commit.action,
            subject=group_id,
            name=commit.name,
            group_id=group_id,
            peer_id=entry.peer_id,
            summary=entry.summary,
            seq=seq,
            content=_content(*told, digest, len(stored), blob),
            before=commit.before,
            after=commit.after,
        ),
    )


def content(db: sqlite3.Connection, group_id: str, seq: int) -> bytes | None:
    """The hash of one commit as it stands now."""
    found = db.execute(f"{_CONTENTS} WHERE group_id = ? AND seq = ?", (group_id, seq)).fetchone()
    return None if found is None else _content(*found[2:])


def contents(db: sqlite3.Connection) -> Iterator[tuple[str, int, bytes]]:
    """Group, sequence and hash of every commit as it stands now."""
    for group_id, seq, *columns in db.execute(_CONTENTS):
        yield group_id, seq, _content(*columns)


def references(db: sqlite3.Connection) -> set[str]:
    """Every secret that a commit refers to."""
    found: set[str] = set()
    for (blob,) in db.execute("SELECT edits FROM history"):
        for stored in _decoder.decode(blob):
            for half in (stored.before, stored.after):
                if half is not None and half.hidden:
                    known = codec.decode_settings(half.body).credentials
                    found.update(known[name].secret or "" for name in half.hidden)
    return found


def take_in(db: sqlite3.Connection, group_id: str, seq: int) -> None:
    """Let a commit from before there was an audit log have its entry there, and its secrets stand apart."""
    entry = get_entry(db, group_id, seq)
    assert entry is not None
    db.execute("DELETE FROM history WHERE group_id = ? AND seq = ?", (group_id, seq))
    settings = next((edit.after or edit.before for edit in entry.edits if edit.id == group_id), None)
    name = "" if settings is None else codec.decode_settings(settings.record.body).name
    action = f"group.{entry.entry.kind}"
    add(
        db,
        Commit(
            group_id=group_id,
            seq=seq,
            entry=entry.entry,
            digest=entry.digest,
            edits=entry.edits,
            action=action,
            name=name,
        ),
    )


def _content(*columns: object) -> bytes:
    return hashlib.blake2b(_encoder.encode(columns), digest_size=32, person=b"atsn-history").digest()


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
    blob: bytes,
) -> HistoryRow:
    ends = _ends.decode(blob)
    return HistoryRow(
        group_id=group_id,
        seq=seq,
        entry=Entry(kind=kind, at=at, who=who, source=source, cycle=cycle, summary=summary),
        digest=digest,
        records=records,
        added=sum(bytes(each.before) == _NOTHING for each in ends),
        deleted=sum(bytes(each.after) == _NOTHING for each in ends),
    )


def _pack(db: sqlite3.Connection, group_id: str, edit: PastEdit) -> _Stored:
    secret = edit.id == group_id
    before, after = _pack_half(db, edit.before, secret), _pack_half(db, edit.after, secret)
    return _Stored("" if secret else edit.id, before, after)


def _pack_half(db: sqlite3.Connection, row: TaskRow | None, secret: bool) -> _Half | None:
    if row is None:
        return None
    body, hidden = kept_secrets.hide(db, row.record.body) if secret else (row.record.body, ())
    return _Half(row.record.modified, body, row.record.fingerprint, row.origin, hidden)


def _unpack(db: sqlite3.Connection, group_id: str, stored: _Stored) -> PastEdit:
    identity = stored.id or group_id
    before, after = (_unpack_half(db, identity, half) for half in (stored.before, stored.after))
    return PastEdit(identity, before, after)


def _unpack_half(db: sqlite3.Connection, identity: str, half: _Half | None) -> TaskRow | None:
    if half is None:
        return None
    body = kept_secrets.show(db, half.body, half.hidden) if half.hidden else half.body
    return TaskRow(Record(identity, half.modified, body, half.fingerprint), half.origin)
