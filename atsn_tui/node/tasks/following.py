"""Edits of tasks with what they mean for those that follow others: checked, and schedules written anew."""

import sqlite3
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from atsn_tui.model import codec, dates
from atsn_tui.model.task import Task
from atsn_tui.model.trust import origin_after
from atsn_tui.node.core import Core
from atsn_tui.schedule.following import follow_edit, outlined
from atsn_tui.store import tasks
from atsn_tui.store.changes import Edit
from atsn_tui.store.groups import GroupRow
from atsn_tui.store.outlines import anybody_waits, outlines


def followed_up(
    db: sqlite3.Connection,
    core: Core,
    group: GroupRow,
    changed: Mapping[str, Task | None],
    edits: Iterable[Edit],
    *,
    force: bool = False,
) -> list[Edit]:
    """The edits of a group together with those of the tasks whose `after` must be written anew because of them.

    `changed` are the tasks after the edits, None where they are deleted. BadInput or Refused as `follow_edit` says.
    """
    wanted = {edit.id: edit for edit in edits}
    if not (any(task and outlined(task).waits for task in changed.values()) or anybody_waits(db, group.id)):
        return list(wanted.values())
    before = outlines(db, group.id)
    after = dict(before)
    for task_id, task in changed.items():
        if task is None:
            after.pop(task_id, None)
        else:
            after[task_id] = outlined(task)
    if before == after:
        return list(wanted.values())
    for task_id, schedules in follow_edit(before, after, force=force).items():
        # A task that is new brings no schedule that was there before, so what is rewritten is stored already.
        (row,) = tasks.get(db, group.id, [task_id])
        kept = codec.decode_task(row.record.body)
        task = replace(changed.get(task_id) or kept, schedules=schedules)
        record = codec.record(task_id, dates.next_date(core.now(), row.record.modified), task)
        wanted[task_id] = Edit(task_id, record, origin_after(kept, task, row.origin, core.origin()))
    return list(wanted.values())
