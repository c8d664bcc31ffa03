"""Importing crontabs: each job a task, and again later without undoing what was edited here."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from atsn_tui.errors import BadFile, BadInput, NotFound
from atsn_tui.formats import crontab, jobs, reimport, takeover
from atsn_tui.model import codec, dates, text
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.model.trust import origin_after
from atsn_tui.node.core import Core
from atsn_tui.node.files.views import CrontabImport, ImportedLine, RejectedLine
from atsn_tui.node.lookup import find_group
from atsn_tui.node.tasks.validate import check_task
from atsn_tui.store import changes, groups, imports, tasks
from atsn_tui.store.groups import GroupRow
from atsn_tui.store.imports import Imported


class _DryRun(Exception):
    """Carries the result out of a transaction that is rolled back."""

    def __init__(self, result: CrontabImport) -> None:
        super().__init__()
        self.result = result


async def import_crontab(
    core: Core,
    source: str,
    data: bytes,
    into: str | None,
    *,
    system: bool,
    enable: bool,
    folder: str,
    dry_run: bool,
    run_as: str | None = None,
    aliases: Collection[str] = (),
) -> CrontabImport:
    """Import a crontab into a group, or into one named after the file; nothing is kept of a dry run.

    Lines that this node has taken over count as they were before. `run_as` is the user whose crontab it is, if
    that is known. `aliases` are other sources by which the same file may have been imported.
    """
    if b"\0" in data:
        raise BadFile(f"{source} is no crontab: it holds NUL bytes, as programs and archives do")
    parsed = crontab.parse(takeover.as_before(data, core.store.node_id), system=system)
    derived, never = _tasks(source, parsed.jobs, folder, enable, run_as)
    sources = {source, *aliases}
    rejected = sorted((*parsed.rejected, *never), key=lambda each: each.line)

    def write(db: sqlite3.Connection) -> CrontabImport:
        row, made = _group(db, core, source, into)
        rows = {each.record.id: each for each in tasks.list_tasks(db, row.id)}
        current = {task_id: codec.decode_task(each.record.body) for task_id, each in rows.items()}
        former = [
            _former(task_id, known, rows)
            for task_id, known in imports.list_imports(db, row.id).items()
            if known.source in sources
        ]
        outcome = _compared(former, current, derived, folder)
        edits, remembered = _made_of(db, core, source, row.id, outcome, rows)
        if edits:
            changes.commit(db, row.id, edits, core.entry(f"imported {source}", "import"))
        imports.put(db, row.id, remembered)
        imports.forget(db, row.id, [each.task_id for each in outcome.forgotten])
        result = replace(
            _result(row, source, system, enable, outcome, current, rejected, dry_run),
            ids={line.line: task_id for task_id, line in remembered.items()},
        )
        if dry_run or (made and not edits):
            # A file without a job makes no group.
            raise _DryRun(replace(result, group_id=None) if made else result)
        return result

    try:
        return await core.store.write(write)
    except _DryRun as dry:
        return dry.result


def _compared(
    former: Sequence[reimport.Imported],
    current: Mapping[str, Task],
    derived: Sequence[tuple[crontab.Job, Task]],
    folder: str,
) -> reimport.Reimport:
    ours = {each.task_id: current[each.task_id] for each in former if each.present}
    taken = {task.name for task in current.values() if task.folder == folder}
    return reimport.reimport(former, ours, derived, taken=taken)


def _made_of(
    db: sqlite3.Connection,
    core: Core,
    source: str,
    group_id: str,
    outcome: reimport.Reimport,
    rows: Mapping[str, tasks.TaskRow],
) -> tuple[list[changes.Edit], dict[str, Imported]]:
    """What the outcome changes in the group, and what is to be remembered of each line of the file."""
    edits: list[changes.Edit] = []
    remembered: dict[str, Imported] = {}
    for new in outcome.new:
        task_id = new.replaces.task_id if new.replaces else text.new_id()
        floor = tasks.floor(db, group_id, task_id)
        record = codec.record(task_id, dates.next_date(core.now(), floor), new.task)
        edits.append(changes.Edit(task_id, record, core.origin()))
        remembered[task_id] = _remember(source, new.job, new.task)
    edits += [
        _edit(core, each, rows[each.imported.task_id])
        for each in outcome.changed
        if each.after != each.before
    ]
    known: list[reimport.Changed | reimport.Unchanged | reimport.Deleted] = []
    known += [*outcome.changed, *outcome.unchanged, *outcome.deleted]
    for each in known:
        remembered[each.imported.task_id] = _remember(source, each.job, each.derived)
    return edits, remembered


def _edit(core: Core, changed: reimport.Changed, found: tasks.TaskRow) -> changes.Edit:
    record = codec.record(found.record.id, dates.next_date(core.now(), found.record.modified), changed.after)
    origin = origin_after(changed.before, changed.after, found.origin, core.origin())
    return changes.Edit(found.record.id, record, origin)


def _tasks(
    source: str, found: Sequence[crontab.Job], folder: str, enable: bool, run_as: str | None
) -> tuple[list[tuple[crontab.Job, Task]], list[crontab.Rejected]]:
    """A task for each job, and the jobs that cron accepts but that could never run, such as one on 31 February."""
    try:
        made = jobs.to_tasks(found, folder, enabled=enable)
    except ValueError as error:
        raise BadInput(f"{source}: {error}") from error
    derived: list[tuple[crontab.Job, Task]] = []
    never: list[crontab.Rejected] = []
    for job, made_task in zip(found, made, strict=True):
        task = replace(made_task, run_as=made_task.run_as or run_as)
        try:
            check_task(task)
        except BadInput as error:
            never.append(crontab.Rejected(line=job.line, text=job.text, why=error.message))
        else:
            derived.append((job, task))
    return derived, never


def _group(db: sqlite3.Connection, core: Core, source: str, into: str | None) -> tuple[GroupRow, bool]:
    """The group to import into, and whether it was made for that."""
    if into is not None:
        return find_group(db, into), False
    name = f"Imported from {source.rpartition('/')[2] or source}"[: text.MAX_NAME]
    try:
        return find_group(db, name), False
    except NotFound:
        settings = codec.record(text.new_id(), core.now(), Settings(name=name))
        groups.create_group(db, settings, True, core.origin(), core.entry("created", "import"))
        return find_group(db, settings.id), True


def _former(task_id: str, known: Imported, rows: Mapping[str, tasks.TaskRow]) -> reimport.Imported:
    return reimport.Imported(
        task_id=task_id,
        line=known.line,
        text=known.text,
        derived=codec.decode_task(known.derived),
        present=task_id in rows,
    )


def _remember(source: str, job: crontab.Job, derived: Task) -> Imported:
    return Imported(source=source, line=job.line, text=job.text, derived=codec.encode(derived))


def _result(
    row: GroupRow,
    source: str,
    system: bool,
    enable: bool,
    outcome: reimport.Reimport,
    current: dict[str, Task],
    rejected: Sequence[crontab.Rejected],
    dry_run: bool,
) -> CrontabImport:
    return CrontabImport(
        group=row.name,
        group_id=row.id,
        source=source,
        format="system-crontab" if system else "crontab",
        enabled=enable,
        added=tuple(_line(new.task, new.job.line) for new in outcome.new),
        updated=tuple(_line(each.after, each.job.line, each.fields) for each in outcome.changed),
        unchanged=tuple(_line(current[each.imported.task_id], each.job.line) for each in outcome.unchanged),
        vanished=tuple(_line(current[each.task_id], each.line) for each in outcome.vanished),
        deleted_here=tuple(_line(each.derived, each.job.line) for each in outcome.deleted),
        rejected=tuple(RejectedLine(line=each.line, text=each.text, why=each.why) for each in rejected),
        dry_run=dry_run,
    )


def _line(task: Task, line: int, fields: tuple[str, ...] = ()) -> ImportedLine:
    command = task.action.command if isinstance(task.action, Command) else ""
    return ImportedLine(
        task=task.path,
        line=line,
        schedule="; ".join(task.schedules),
        command=command,
        user=task.run_as,
        fields=fields,
    )
