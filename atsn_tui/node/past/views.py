"""What a node answers about its past: plain data for a screen or for JSON. Secrets are never in it."""

import json
from typing import Any, Literal

from msgspec import Struct

from atsn_tui.model import codec, dates
from atsn_tui.model.result import ChangeView
from atsn_tui.replication.describe import fields_between
from atsn_tui.replication.review import changed_secrets
from atsn_tui.store.audit import Row
from atsn_tui.store.history import HistoryRow, PastEdit
from atsn_tui.store.tasks import TaskRow


class PastChange(Struct, frozen=True, kw_only=True):
    """One change of a group."""

    number: int
    """What `atsn history` and `atsn undo` take; it counts the changes of this group on this node."""
    at: str
    kind: Literal["edit", "apply", "import", "undo"]
    who: str
    """The local user, or the peer."""
    source: str
    """The front end with terminal and login address, or the peer's address."""
    summary: str
    records: int
    """How many tasks and settings it changed."""
    added: int = 0
    """How many of them had not been there."""
    deleted: int = 0
    """How many of them are gone."""
    cycle: str | None
    digest: str | None
    """The group's digest after it; None: it removed the group."""


class Difference(Struct, frozen=True, kw_only=True):
    """What is different between two states of a group."""

    group: str
    group_id: str
    older: int
    newer: int
    changes: tuple[ChangeView, ...]


class ChangeDetails(Struct, frozen=True, kw_only=True):
    """One change of a group with everything that it changed."""

    group: str
    group_id: str
    change: PastChange
    changes: tuple[ChangeView, ...]


class UndoView(Struct, frozen=True, kw_only=True):
    """What an undo would do, or did."""

    group: str
    group_id: str
    to: int
    """The change after which the group was as it is to be."""
    state: Literal["differs", "in_sync", "applied"]
    """`in_sync`: nothing is different."""
    changes: tuple[ChangeView, ...] = ()
    notes: tuple[str, ...] = ()
    kept_by: str | None = None
    """The primary that keeps the group as a strict copy; then an undo here pauses what peers bring."""
    base: str | None = None
    """The digest that the group must still have; None: it must not exist."""
    number: int | None = None
    """The number of the change that the undo made."""


class AuditView(Struct, frozen=True, kw_only=True):
    """One entry of the audit log."""

    number: int
    at: str
    who: str
    source: str
    action: str
    """Noun and verb, as in peer.add."""
    name: str
    """What it was called then."""
    subject: str
    group_id: str
    peer_id: str
    summary: str
    change: int | None = None
    """The number of the change in the group's history, which has its reverse."""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    """What stands in no history, before and after."""
    hash: str = ""


class AuditHead(Struct, frozen=True, kw_only=True):
    """The end of the audit log, to be kept elsewhere."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class AuditProblem(Struct, frozen=True, kw_only=True):
    """Where the log is not as it was written."""

    number: int | None
    """The entry; None: it is about something that has no entry."""
    text: str


class AuditCheck(Struct, frozen=True, kw_only=True):
    """What a verification came to."""

    intact: bool
    entries: int
    first: int
    head: AuditHead
    problems: tuple[AuditProblem, ...] = ()


def past_change(row: HistoryRow) -> PastChange:
    """A commit as front ends see it."""
    return PastChange(
        number=row.seq,
        at=dates.format_date(row.entry.at),
        kind=row.entry.kind,
        who=row.entry.who,
        source=row.entry.source,
        summary=row.entry.summary,
        records=row.records,
        added=row.added,
        deleted=row.deleted,
        cycle=row.entry.cycle,
        digest=None if row.digest is None else row.digest.hex(),
    )


def change_views(group_id: str, edits: "list[PastEdit] | tuple[PastEdit, ...]") -> tuple[ChangeView, ...]:
    """What edits change, settings first, then by name."""
    shown = [_change_view(group_id, edit) for edit in edits]
    return tuple(sorted(shown, key=lambda view: (view.op != "settings", view.name, view.task_id)))


def audit_view(row: Row) -> AuditView:
    """An entry of the log as front ends see it."""
    return AuditView(
        number=row.number,
        at=dates.format_date(row.at),
        who=row.who,
        source=row.source,
        action=row.action,
        name=row.name,
        subject=row.subject,
        group_id=row.group_id,
        peer_id=row.peer_id,
        summary=row.summary,
        change=row.seq,
        before=None if row.before is None else json.loads(row.before),
        after=None if row.after is None else json.loads(row.after),
        hash=row.hash.hex(),
    )


def _change_view(group_id: str, edit: PastEdit) -> ChangeView:
    def content(row: TaskRow | None) -> Any:
        if row is None:
            return None
        decode = codec.decode_settings if edit.id == group_id else codec.decode_task
        return decode(row.record.body)

    old, new = content(edit.before), content(edit.after)
    present = old if new is None else new
    settings = edit.id == group_id
    op = "settings" if settings else "add" if old is None else "delete" if new is None else "update"
    secrets = frozenset(changed_secrets(old, new)) if settings else frozenset()
    return ChangeView(
        op=op,  # type: ignore[arg-type]
        task_id=edit.id,
        name=present.name if settings else present.path,
        why="added" if old is None else "deleted" if new is None else "changed",
        modified_at=None if edit.after is None else dates.format_date(edit.after.record.modified),
        fields=() if new is None else fields_between(old, new, secrets),
    )
