"""What both would run, and what neither does."""

import asyncio
import sqlite3
from collections.abc import Iterator

from atsn_tui.formats.takeover import short
from atsn_tui.home.cron_jobs import CronJobs, read_cron_jobs
from atsn_tui.model import codec
from atsn_tui.model.task import Task
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import Found
from atsn_tui.node.takeover.views import DoubleRun, RunByNobody
from atsn_tui.store import groups, imports, tasks


async def double_runs(core: Core) -> tuple[DoubleRun, ...]:
    """Every enabled task that cron runs too: by the line it came from, or by one with the same command."""
    cron = await asyncio.to_thread(read_cron_jobs)
    if not cron.commands:
        return ()
    return await core.store.read(lambda db: tuple(_doubles(db, cron)))


async def double_of(core: Core, found: Found) -> str | None:
    """The crontab that runs this task too, whether it is enabled or not."""
    group, row = found
    cron = await asyncio.to_thread(read_cron_jobs)
    if not cron.commands:
        return None
    origin = await core.store.read(lambda db: imports.get(db, group.id, row.record.id))
    return _also(cron, codec.decode_task(row.record.body), origin)


async def run_by_nobody(core: Core) -> tuple[RunByNobody, ...]:
    """Every line that this node took over, and whose task is disabled or gone."""
    cron = await asyncio.to_thread(read_cron_jobs)
    if not cron.taken:
        return ()
    return await core.store.read(lambda db: tuple(_nobodys(db, core, cron)))


def _doubles(db: sqlite3.Connection, cron: CronJobs) -> Iterator[DoubleRun]:
    for group in groups.list_groups(db):
        origins = imports.list_imports(db, group.id)
        for row in tasks.list_tasks(db, group.id):
            task, origin = codec.decode_task(row.record.body), origins.get(row.record.id)
            if not task.enabled:
                continue
            also = _also(cron, task, origin)
            if also is not None:
                yield DoubleRun(task=f"{group.name}/{task.path}", task_id=row.record.id, also_in=also)


def _also(cron: CronJobs, task: Task, origin: imports.Imported | None) -> str | None:
    """The crontab that runs it, by its command or by the line that it came from."""
    also = cron.also_in(task)
    if also is None and origin is not None and cron.has(origin.source, origin.text):
        return origin.source
    return also


def _nobodys(db: sqlite3.Connection, core: Core, cron: CronJobs) -> Iterator[RunByNobody]:
    enabled: dict[str, bool] = {}
    for source, mark in cron.taken:
        if mark.node != short(core.store.node_id):
            continue
        if not enabled:
            enabled = _all_tasks(db)
        if enabled.get(mark.task):
            continue
        yield RunByNobody(
            source=source,
            line=mark.line,
            text=mark.text.decode(errors="replace"),
            why="its task is disabled" if mark.task in enabled else "its task was deleted here",
        )


def _all_tasks(db: sqlite3.Connection) -> dict[str, bool]:
    """Of every task, by the part of its id that stands in marks, whether it is enabled."""
    return {
        short(row.record.id): codec.decode_task(row.record.body).enabled
        for group in groups.list_groups(db)
        for row in tasks.list_tasks(db, group.id)
    }
