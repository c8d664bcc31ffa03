"""The tasks of a node."""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping

from msgspec.structs import replace

from atsn_tui.errors import Moved, NotFound
from atsn_tui.model import codec, dates, text
from atsn_tui.model.record import Origin
from atsn_tui.model.task import Task
from atsn_tui.model.trust import origin_after
from atsn_tui.node.core import Core
from atsn_tui.node.fields import change_task
from atsn_tui.node.lookup import Found, find_group, find_task, find_tasks
from atsn_tui.node.task_views import TaskViews
from atsn_tui.node.validate import check_task
from atsn_tui.node.views import TaskView
from atsn_tui.store import changes, tasks
from atsn_tui.store.groups import GroupRow
from atsn_tui.store.tasks import TaskRow


class Tasks:
    """Ask for tasks and change them."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._views = TaskViews(core)

    async def list(self, group: str) -> "list[TaskView]":
        """All tasks of a group, by folder and name."""

        def read(db: sqlite3.Connection) -> "tuple[GroupRow, list[TaskRow]]":
            row = find_group(db, group)
            return row, tasks.list_tasks(db, row.id)

        # The due times of a large group take a second at first, in which a screen must not stand still.
        return await asyncio.to_thread(self._views.all, *await self._core.store.read(read))

    async def get(self, which: str) -> TaskView:
        """The task named GROUP/FOLDER/NAME, or whose id begins with `which`."""
        return self._views.one(*await self._core.store.read(lambda db: find_task(db, which)))

    async def add(self, group: str, task: Task) -> TaskView:
        """Add a task."""
        core, task_id = self._core, text.new_id()
        check_task(task)

        def write(db: sqlite3.Connection) -> Found:
            row = find_group(db, group)
            record = codec.record(task_id, core.now(), task)
            changes.commit(
                db, row.id, [changes.Edit(task_id, record, core.origin())], core.entry(f"added {task.path}")
            )
            return row, TaskRow(record, core.origin())

        return self._views.one(*await core.store.write(write))

    async def change(self, which: str, values: Mapping[str, str]) -> TaskView:
        """Change fields by dotted keys; all or none."""
        return await self._edit(lambda db: find_task(db, which), lambda task: change_task(task, values), None)

    async def replace(self, task_id: str, task: Task, expected_fingerprint: str | None = None) -> TaskView:
        """Put another content in a task's place; Moved if it is no longer as the editor saw it, or gone."""

        def find(db: sqlite3.Connection) -> Found:
            try:
                return find_task(db, task_id)
            except NotFound as error:
                if expected_fingerprint is None:
                    raise
                raise Moved(
                    f"task {task.path!r} was deleted by someone else meanwhile: to keep it, add it anew"
                ) from error

        return await self._edit(find, lambda _: task, expected_fingerprint)

    async def _edit(
        self,
        find: Callable[[sqlite3.Connection], Found],
        edited: Callable[[Task], Task],
        expected: str | None,
    ) -> TaskView:
        core = self._core

        def write(db: sqlite3.Connection) -> Found:
            row, found = find(db)
            before = codec.decode_task(found.record.body)
            if expected is not None and found.record.fingerprint.hex() != expected:
                raise Moved(
                    f"task {before.path!r} was changed by someone else meanwhile: look again, then edit"
                )
            after = edited(before)
            check_task(after)
            return row, _save(db, core, row.id, found, before, after)

        return self._views.one(*await core.store.write(write))

    async def set_enabled(self, task_ids: Collection[str], enabled: bool) -> int:
        """Enable or disable tasks; the number that changed."""
        core = self._core

        def write(db: sqlite3.Connection) -> int:
            edits: dict[str, list[changes.Edit]] = {}
            for row, found in find_tasks(db, task_ids):
                before = codec.decode_task(found.record.body)
                if before.enabled == enabled:
                    continue
                modified = dates.next_date(core.now(), found.record.modified)
                record = codec.record(found.record.id, modified, replace(before, enabled=enabled))
                edits.setdefault(row.id, []).append(changes.Edit(record.id, record, found.origin))
            return _commit(db, core, edits, "enabled" if enabled else "disabled")

        return await core.store.write(write)

    async def remove(self, task_ids: Collection[str]) -> int:
        """Delete tasks; the number that were deleted."""
        core = self._core

        def write(db: sqlite3.Connection) -> int:
            edits: dict[str, list[changes.Edit]] = {}
            for row, found in find_tasks(db, task_ids):
                edits.setdefault(row.id, []).append(changes.Edit(found.record.id, None, core.origin()))
            return _commit(db, core, edits, "deleted")

        return await core.store.write(write)


def _save(
    db: sqlite3.Connection, core: Core, group_id: str, found: TaskRow, before: Task, after: Task
) -> TaskRow:
    if after == before:
        return found
    record = codec.record(found.record.id, dates.next_date(core.now(), found.record.modified), after)
    origin: Origin = origin_after(before, after, found.origin, core.origin())
    entry = core.entry(f"changed {after.path}")
    changes.commit(db, group_id, [changes.Edit(record.id, record, origin)], entry)
    return TaskRow(record, origin)


def _commit(db: sqlite3.Connection, core: Core, edits: "Mapping[str, list[changes.Edit]]", verb: str) -> int:
    for group_id, of_group in edits.items():
        count = len(of_group)
        changes.commit(db, group_id, of_group, core.entry(f"{verb} {count} task{'s' if count != 1 else ''}"))
    return sum(len(of_group) for of_group in edits.values())
