"""Giving jobs back to cron: put their lines back as they were, disable their tasks."""

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from atsn_tui.formats import crontab, takeover
from atsn_tui.formats.takeover import Marked, short
from atsn_tui.formats.threeway import changed_fields
from atsn_tui.home.crontab_files import Place
from atsn_tui.home.locks import Lock
from atsn_tui.model import codec
from atsn_tui.model.task import Task
from atsn_tui.node.core import Core
from atsn_tui.node.takeover.hands import Step, change
from atsn_tui.node.takeover.journal import Line
from atsn_tui.node.takeover.views import GiveBackView, LeftLine, TakenLine
from atsn_tui.store import groups, imports, tasks
from atsn_tui.store.imports import Imported


class _Known(NamedTuple):
    """A task that was imported from the crontab."""

    group_id: str
    group: str
    task_id: str
    imported: Imported
    task: Task | None
    """None: it was deleted here."""


class _Choice(NamedTuple):
    give: tuple[TakenLine, ...]
    lines: tuple[Line, ...]
    left: tuple[LeftLine, ...]


async def give_back(
    core: Core, lock: Lock | None, place: Place, wanted: set[str] | None, step: Step
) -> GiveBackView:
    """Give back the lines of these tasks, or all that this node has taken over from it; without a lock, only tell."""
    before = await asyncio.to_thread(place.read)
    if lock is not None:
        place.check_writable()
    choice = await core.store.read(lambda db: _choose(db, core, place, before, wanted))
    view = GiveBackView(source=place.source, given=choice.give, left=choice.left, dry_run=lock is None)
    if lock is None or not choice.give:
        return view
    after = takeover.give(before, [each.line for each in choice.give])
    changed = await change(core, lock, place, "give", before, after, choice.lines, step)
    return replace(view, backup=changed.backup, unsure=changed.unsure)


def _choose(
    db: sqlite3.Connection, core: Core, place: Place, before: bytes, wanted: set[str] | None
) -> _Choice:
    known = {short(each.task_id): each for each in _known(db, place)}
    standing = takeover.as_before(before, core.store.node_id)
    jobs = {job.line: job for job in crontab.parse(standing, system=place.system).jobs}
    give: list[TakenLine] = []
    lines: list[Line] = []
    left: list[LeftLine] = []
    short_wanted = None if wanted is None else {short(task_id) for task_id in wanted}
    for mark in takeover.marked(before):
        if mark.node != short(core.store.node_id):
            if wanted is None:
                left.append(_left(mark, f"another node took it over: {mark.node}…, not this one"))
        elif short_wanted is not None and mark.task not in short_wanted:
            continue
        elif mark.line not in jobs:
            left.append(_left(mark, "it was edited, and cron could not read it any more: put it right first"))
        else:
            found = known.get(mark.task)
            text = jobs[mark.line].text
            give.append(_given(mark.line, text, mark.task, found))
            lines.append(
                Line(
                    task_id=found.task_id if found else mark.task,
                    group_id=found.group_id if found else "",
                    text=text,
                )
            )
    left += _missing(before, known, wanted)
    return _Choice(tuple(give), tuple(lines), tuple(sorted(left, key=lambda each: each.line)))


def _given(number: int, text: str, mark: str, known: _Known | None) -> TakenLine:
    if known is None or known.task is None:
        return TakenLine(
            line=number,
            text=text,
            task="",
            task_id=known.task_id if known else mark,
            notes=("its task was deleted here",),
        )
    return TakenLine(
        line=number,
        text=text,
        task=f"{known.group}/{known.task.path}",
        task_id=known.task_id,
        notes=tuple(_notes(text, known.imported, known.task)),
    )


def _notes(text: str, imported: Imported, task: Task) -> Iterator[str]:
    """What is not as it was when the line was taken over."""
    if text != imported.text:
        yield f"the line was edited in the crontab, and is given back so; it was: {imported.text}"
    fields = changed_fields(codec.decode_task(imported.derived), task)
    if fields:
        yield f"its task was changed here ({', '.join(fields)}), and stays so; cron runs the line as it stands"
    if not task.enabled:
        yield "its task was disabled here; cron runs the line again"


def _missing(before: bytes, known: Mapping[str, _Known], wanted: set[str] | None) -> Iterator[LeftLine]:
    """Enabled tasks whose line is not in the crontab any more, neither for cron nor taken over."""
    marks = {each.task for each in takeover.marked(before)}
    lines = set(before.decode(errors="replace").split("\n"))
    for mark, each in known.items():
        if each.task is None or not each.task.enabled or (wanted is not None and each.task_id not in wanted):
            continue
        if mark not in marks and each.imported.text not in lines:
            yield LeftLine(
                line=each.imported.line,
                text=each.imported.text,
                why=f"the line is not in the crontab any more; the task {each.group}/{each.task.path} stays enabled",
            )


def _known(db: sqlite3.Connection, place: Place) -> Iterable[_Known]:
    """The tasks that were imported from the crontab, present ones last."""
    found: list[_Known] = []
    for group in groups.list_groups(db):
        origins = imports.list_imports(db, group.id)
        rows = {each.record.id: each for each in tasks.get(db, group.id, origins)}
        for task_id, imported in origins.items():
            if imported.source == place.source or imported.source in place.aliases:
                row = rows.get(task_id)
                task = None if row is None else codec.decode_task(row.record.body)
                found.append(_Known(group.id, group.name, task_id, imported, task))
    return sorted(found, key=lambda each: each.task is not None)


def _left(mark: Marked, why: str) -> LeftLine:
    return LeftLine(line=mark.line, text=mark.text.decode(errors="replace"), why=why)
