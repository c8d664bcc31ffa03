"""The tasks of a node."""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec.structs import replace

from atsn_tui.errors import Moved, NotFound
from atsn_tui.model import codec, dates, text
from atsn_tui.model.record import Origin
from atsn_tui.model.task import Task
from atsn_tui.model.trust import origin_after
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import Found, find_group, find_task, find_tasks, find_within
from atsn_tui.node.tasks.fields import change_task
from atsn_tui.node.tasks.following import followed_up
from atsn_tui.node.tasks.validate import check_command, check_task
from atsn_tui.node.tasks.views import TaskViews
from atsn_tui.node.views import TaskView
from atsn_tui.schedule.following import outlined, same_path
from atsn_tui.store import changes, tasks
from atsn_tui.store.groups import GroupRow
from atsn_tui.store.outlines import outlines
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

    async def twins(self, view: TaskView) -> Sequence[str]:
        """The ids of the other tasks of its group with the same folder and name."""
        return await self._core.store.read(lambda db: same_path(outlines(db, view.group_id), view.id))

    async def within(self, which: str) -> Sequence[TaskView] | None:
        """All tasks of a group, or of GROUP/FOLDER and the folders in it; None: it is neither."""

        def read(db: sqlite3.Connection) -> Sequence[Found] | None:
            return find_within(db, which)

        found = await self._core.store.read(read)
        return None if found is None else [self._views.one(*each) for each in found]

    async def add(self, group: str, task: Task) -> TaskView:
        """Add a task."""
        core, task_id = self._core, text.new_id()
        check_task(task)
        check_command(task)

        def write(db: sqlite3.Connection) -> Found:
            row = find_group(db, group)
            edit = changes.Edit(task_id, codec.record(task_id, core.now(), task), core.origin())
            edits = followed_up(db, core, row, {task_id: task}, [edit])
            changes.commit(db, row.id, edits, core.entry(f"added {task.path}"))
            return row, _stored(db, row.id, task_id)

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
            if after.action != before.action:
                check_command(after)
            return row, _save(db, core, row, found, before, after)

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

    async def remove(self, task_ids: Collection[str], *, force: bool = False) -> int:
        """Delete tasks; the number that were deleted.

        Refused if a task that stays is to run after one of them, unless `force` lets it follow nobody.
        """
        core = self._core

        def write(db: sqlite3.Connection) -> int:
            edits: dict[str, list[changes.Edit]] = {}
            rows: dict[str, GroupRow] = {}
            for row, found in find_tasks(db, task_ids):
                rows[row.id] = row
                edits.setdefault(row.id, []).append(changes.Edit(found.record.id, None, core.origin()))
            for group_id, row in rows.items():
                gone = dict.fromkeys(edit.id for edit in edits[group_id])
                followed_up(db, core, row, gone, (), force=force)
            return _commit(db, core, edits, "deleted")

        return await core.store.write(write)


def _save(
    db: sqlite3.Connection, core: Core, group: GroupRow, found: TaskRow, before: Task, after: Task
) -> TaskRow:
    if after == before:
        return found
    record = codec.record(found.record.id, dates.next_date(core.now(), found.record.modified), after)
    origin: Origin = origin_after(before, after, found.origin, core.origin())
    edits = [changes.Edit(record.id, record, origin)]
    if outlined(before) != outlined(after):
        edits = followed_up(db, core, group, {record.id: after}, edits)
    others = len(edits) - 1
    also = f" and what follows it in {others} task{'s' if others > 1 else ''}" if others else ""
    changes.commit(db, group.id, edits, core.entry(f"changed {after.path}{also}"))
    return _stored(db, group.id, record.id)


def _stored(db: sqlite3.Connection, group_id: str, task_id: str) -> TaskRow:
    (row,) = tasks.get(db, group_id, [task_id])
    return row


def _commit(db: sqlite3.Connection, core: Core, edits: "Mapping[str, list[changes.Edit]]", verb: str) -> int:
    for group_id, of_group in edits.items():
        count = len(of_group)
        changes.commit(db, group_id, of_group, core.entry(f"{verb} {count} task{'s' if count != 1 else ''}"))
    return sum(len(of_group) for of_group in edits.values())
