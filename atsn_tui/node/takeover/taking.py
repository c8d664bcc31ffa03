"""Taking jobs over from cron: import them, comment their lines out, enable their tasks."""

import asyncio
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.errors import AtsnError, Refused
from atsn_tui.formats import crontab, takeover
from atsn_tui.home.crontab_files import Place
from atsn_tui.home.locks import Lock
from atsn_tui.model import codec
from atsn_tui.node.core import Core
from atsn_tui.node.files.crontabs import import_crontab
from atsn_tui.node.files.views import CrontabImport
from atsn_tui.node.takeover.hands import Step, change
from atsn_tui.node.takeover.journal import Line
from atsn_tui.node.takeover.obstacles import obstacles
from atsn_tui.node.takeover.views import LeftLine, TakenLine, TakeOverView
from atsn_tui.store import groups, tasks

_GIVE_BACK = "to let cron run it again: atsn give-back"


class Wish(Struct, frozen=True, kw_only=True):
    """Where the tasks go, whichever crontab."""

    into: str | None = None
    folder: str = ""


class _Choice(NamedTuple):
    take: tuple[TakenLine, ...]
    already: tuple[TakenLine, ...]
    left: tuple[LeftLine, ...]


async def take_over(core: Core, lock: Lock | None, place: Place, wish: Wish, step: Step) -> TakeOverView:
    """Take over what a crontab runs and this node would run too, leave the rest to cron; without a lock, only tell."""
    before = await asyncio.to_thread(place.read)
    if lock is not None:
        place.check_writable()
    imported = await import_crontab(
        core,
        place.source,
        before,
        wish.into,
        system=place.system,
        enable=False,
        folder=wish.folder,
        dry_run=lock is None,
        run_as=place.user,
        aliases=place.aliases,
    )
    await step("imported")
    choice = await core.store.read(lambda db: _choose(db, core, before, imported))
    view = TakeOverView(
        source=place.source,
        imported=imported,
        taken=choice.take,
        already=choice.already,
        left=choice.left,
        dry_run=lock is None,
    )
    if lock is None or not choice.take:
        return view
    after = takeover.take(before, core.store.node_id, {each.line: each.task_id for each in choice.take})
    lines = [
        Line(task_id=each.task_id, group_id=imported.group_id or "", text=each.text) for each in choice.take
    ]
    try:
        changed = await change(core, lock, place, "take", before, after, lines, step)
    except AtsnError as error:
        told = f"{error.message}\nThe jobs of {place.source} were imported; cron goes on running what it ran"
        raise type(error)(told) from error
    return replace(view, backup=changed.backup, unsure=changed.unsure)


def _choose(db: sqlite3.Connection, core: Core, before: bytes, imported: CrontabImport) -> _Choice:
    """What is to be taken over, what has been, and what is left to cron and why."""
    system = imported.format == "system-crontab"
    jobs = crontab.parse(takeover.as_before(before, core.store.node_id), system=system).jobs
    marks = {each.line: each for each in takeover.marked(before)}
    row = groups.get_group(db, imported.group_id) if imported.group_id else None
    rows = {each.record.id: each for each in tasks.get(db, row.id, imported.ids.values())} if row else {}
    names = dict(_names(imported))
    deleted = {each.line for each in imported.deleted_here}
    why_not = obstacles(db, core, row)
    take: list[TakenLine] = []
    already: list[TakenLine] = []
    left: list[LeftLine] = []
    for job in jobs:
        task_id = imported.ids.get(job.line)
        if task_id is None:
            continue  # it is among the rejected ones
        found = rows.get(task_id)
        task = names.get(job.line) or (codec.decode_task(found.record.body).path if found else "")
        line = TakenLine(
            line=job.line, text=job.text, task=f"{imported.group}/{task}", task_id=task_id, notes=()
        )
        mark = marks.get(job.line)
        if mark is not None and mark.task != takeover.short(task_id):
            why: str | None = f"it was taken over before, for the task {mark.task}"
        elif mark is not None and job.line in deleted:
            why = f"it was taken over, and its task was deleted here: nobody runs it; {_GIVE_BACK}"
        elif mark is not None:
            already.append(line)
            continue
        else:
            why = "its task was deleted here" if job.line in deleted else why_not(task_id, found)
        if why is None:
            take.append(line)
        else:
            left.append(LeftLine(line=job.line, text=job.text, why=why))
    left += _of_others(core, marks.values())
    return _Choice(tuple(take), tuple(already), tuple(sorted(left, key=lambda each: each.line)))


def _names(imported: CrontabImport) -> Iterable[tuple[int, str]]:
    for each in (*imported.added, *imported.updated, *imported.unchanged):
        yield each.line, each.task


def _of_others(core: Core, marks: Iterable[takeover.Marked]) -> list[LeftLine]:
    return [
        LeftLine(
            line=each.line,
            text=each.text.decode(errors="replace"),
            why=f"another node took it over: {each.node}…, not this one",
        )
        for each in marks
        if each.node != takeover.short(core.store.node_id)
    ]


def check_service(running: bool, without_service: bool) -> None:
    """Refused if nobody would run what is taken over."""
    if not running and not without_service:
        raise Refused(
            "no service runs for this node, so what is taken over would be run by neither cron nor ATSN:"
            " start it first, with: atsn service install (or atsn serve), or add --without-service"
        )
