"""Snapshots: a group as a file, and a file merged into a group like a pull from a primary."""

import sqlite3

from msgspec.structs import replace

from atsn_tui.errors import BadInput
from atsn_tui.formats import snapshot
from atsn_tui.formats.snapshot import Snapshot, TaskEntry
from atsn_tui.merge import left_alone
from atsn_tui.merge import plan as merge
from atsn_tui.model import codec
from atsn_tui.model.digest import bucket_hashes, group_digest
from atsn_tui.model.plan import Mode, Plan, Side
from atsn_tui.model.record import Record
from atsn_tui.model.result import Applied, LinkResult
from atsn_tui.model.settings import Settings
from atsn_tui.model.trust import origin_after
from atsn_tui.node.core import Core
from atsn_tui.node.files.views import SnapshotImport
from atsn_tui.node.lookup import find_group
from atsn_tui.node.tasks.validate import check_settings, check_task
from atsn_tui.replication.describe import conflicts, describe
from atsn_tui.replication.notes import following_notes
from atsn_tui.replication.review import changed_secrets
from atsn_tui.replication.stored import read_records
from atsn_tui.store import changes, groups, tasks
from atsn_tui.store.outlines import outlines


class _DryRun(Exception):
    """Carries the result out of a transaction that is rolled back."""

    def __init__(self, result: SnapshotImport) -> None:
        super().__init__()
        self.result = result


async def export(core: Core, group: str, *, secrets: bool) -> str:
    """The group as the text of a snapshot file."""

    def read(db: sqlite3.Connection) -> Snapshot:
        row = find_group(db, group)
        return Snapshot(
            group_id=row.id,
            replicated=row.replicated,
            settings=codec.decode_settings(row.settings.body),
            settings_modified=row.settings.modified,
            tasks=tuple(
                TaskEntry(each.record.id, each.record.modified, codec.decode_task(each.record.body))
                for each in tasks.list_tasks(db, row.id)
            ),
        )

    return snapshot.dump(await core.store.read(read), secrets=secrets)


async def import_snapshot(
    core: Core, name: str, data: bytes, into: str | None, *, mode: Mode, dry_run: bool
) -> SnapshotImport:
    """Merge a snapshot into a group, or make the group that it describes; nothing is kept of a dry run."""
    loaded = snapshot.load(data)
    check_settings(loaded.settings)
    for entry in loaded.tasks:
        check_task(entry.task)

    def write(db: sqlite3.Connection) -> SnapshotImport:
        group_id = _target(db, loaded, into)
        secondary = groups.side(db, group_id)
        records, empty = _records(db, group_id, loaded)
        result = _merged(db, core, name, group_id, mode, secondary, records)
        if secondary.settings is None:
            groups.set_replicated(db, group_id, loaded.replicated)
        outcome = SnapshotImport(
            group=loaded.settings.name if into is None else find_group(db, group_id).name,
            group_id=group_id,
            result=result,
            omitted=empty,
            dry_run=dry_run,
        )
        if dry_run:
            raise _DryRun(replace(outcome, result=_as_preview(result)))
        return outcome

    try:
        return await core.store.write(write)
    except _DryRun as dry:
        return dry.result


def _target(db: sqlite3.Connection, loaded: Snapshot, into: str | None) -> str:
    if into is not None:
        return find_group(db, into).id
    there = groups.get_group(db, loaded.group_id)
    if there is not None:
        raise BadInput(
            f"the snapshot's group is here already, as {there.name!r}: to merge it, add --into {there.name!r}"
        )
    return loaded.group_id


def _records(
    db: sqlite3.Connection, group_id: str, loaded: Snapshot
) -> tuple[dict[str, Record], tuple[str, ...]]:
    """The file's records by id, with this node's secrets where the file leaves them out."""
    row = groups.get_group(db, group_id)
    here = codec.decode_settings(row.settings.body).credentials if row else {}
    credentials = dict(loaded.settings.credentials)
    empty: list[str] = []
    for name in loaded.omitted:
        known = here[name].secret if name in here else None
        if known is None:
            empty.append(name)
        credentials[name] = replace(credentials[name], secret=known)
    # Settings with a missing secret are a microsecond older, so that the whole ones win wherever they are.
    modified = loaded.settings_modified - (1 if empty else 0)
    settings: Settings = replace(loaded.settings, credentials=credentials)
    records = {group_id: codec.record(group_id, modified, settings)}
    records |= {entry.id: codec.record(entry.id, entry.modified, entry.task) for entry in loaded.tasks}
    return records, tuple(empty)


def _merged(
    db: sqlite3.Connection,
    core: Core,
    name: str,
    group_id: str,
    mode: Mode,
    secondary: Side,
    records: dict[str, Record],
) -> LinkResult:
    rows = {identity: record.row for identity, record in records.items() if identity != group_id}
    digest = group_digest(group_id, records[group_id].row, bucket_hashes(rows.values()))
    primary = Side(group_id, records[group_id].row, rows, digest)
    plan = merge(primary, secondary, mode)
    touched = [change.id for change in plan.changes] + [conflict.id for conflict in plan.conflicts]
    before = read_records(db, group_id, touched)
    secrets = _secrets(before.get(group_id), records[group_id])
    followed = outlines(db, group_id)
    _apply(db, core, name, plan, records)
    found = conflicts(plan, before, records)
    return LinkResult(
        group=codec.decode_settings(records[group_id].body).name,
        group_id=group_id,
        peer=name,
        direction="pull",
        mode=mode,
        state="in_sync" if plan.empty else "applied",
        changes=describe(plan, before, records, secrets),
        conflicts=found,
        left_alone=left_alone(primary, secondary, mode),
        notes=(*following_notes(followed, outlines(db, group_id)), *_about_dates(len(found))),
        total=len(plan.changes),
        deletions=plan.count("delete"),
        applied=Applied(
            added=plan.count("add"),
            updated=plan.count("update"),
            deleted=plan.count("delete"),
            settings=plan.count("settings"),
        ),
    )


def _about_dates(same: int) -> tuple[str, ...]:
    """What to do about records that are left alone because their dates are those that they have here."""
    if not same:
        return ()
    what = "1 record is" if same == 1 else f"{same} records are"
    return (
        f"{what} not as here in spite of the same date, and left alone in easy mode: whoever edits a snapshot by hand "
        "sets modified_at later as well, or imports it with --mode strict",
    )


def _apply(db: sqlite3.Connection, core: Core, name: str, plan: Plan, records: dict[str, Record]) -> None:
    if plan.empty:
        return
    row = groups.get_group(db, plan.group_id)
    there = {each.record.id: each for each in tasks.list_tasks(db, plan.group_id)}
    edits: list[changes.Edit] = []
    for change in plan.changes:
        if change.after is None:
            edits.append(changes.Edit(change.id, None, core.origin()))
        elif change.op == "settings":
            after = codec.decode_settings(records[change.id].body)
            before = codec.decode_settings(row.settings.body) if row else None
            origin = origin_after(before, after, row.origin if row else None, core.origin())
            edits.append(changes.Edit(change.id, records[change.id], origin))
        else:
            found = there.get(change.id)
            old = codec.decode_task(found.record.body) if found else None
            new = codec.decode_task(records[change.id].body)
            origin = origin_after(old, new, found.origin if found else None, core.origin())
            edits.append(changes.Edit(change.id, records[change.id], origin))
    entry = core.entry(f"imported {name}, {plan.mode}", "import")
    changes.commit(db, plan.group_id, edits, entry, base=plan.base, promise=plan.promise)


def _secrets(before: Record | None, after: Record) -> list[str]:
    old = codec.decode_settings(before.body) if before else None
    return changed_secrets(old, codec.decode_settings(after.body))


def _as_preview(result: LinkResult) -> LinkResult:
    state = "in_sync" if result.state == "in_sync" else "differs"
    return replace(result, state=state, applied=Applied())
