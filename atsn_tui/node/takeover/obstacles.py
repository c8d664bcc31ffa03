"""Why an enabled task would not run on this node. What would run nowhere is left to cron."""

import sqlite3
from collections.abc import Callable

from atsn_tui.errors import AtsnError
from atsn_tui.model import codec
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.node.core import Core
from atsn_tui.runner.jobs.accounts import find_account
from atsn_tui.runner.jobs.policy import why_not as policy
from atsn_tui.runner.scheduling.selectors import excluded
from atsn_tui.store import holds, peers, standby
from atsn_tui.store.groups import GroupRow
from atsn_tui.store.tasks import TaskRow

Obstacles = Callable[[str, TaskRow | None], str | None]
"""Of a task's id, and the task itself unless it does not exist yet: why it would not run, if it would not."""


def obstacles(db: sqlite3.Connection, core: Core, row: GroupRow | None) -> Obstacles:
    """What stands in the way of a group's tasks; None is a group that does not exist yet."""
    held = {(each.group_id, each.task_id) for each in holds.list_holds(db) if each.active(core.now())}
    of_all = _of_all(db, row, held)
    settings = None if row is None else codec.decode_settings(row.settings.body)

    def why(task_id: str, found: TaskRow | None) -> str | None:
        if of_all is not None or found is None or row is None or settings is None:
            return of_all
        if (row.id, task_id) in held:
            return "its task is held on this node: release it first"
        task = codec.decode_task(found.record.body)
        return (
            excluded(task.nodes, core.config.name, core.config.tags)
            or policy(task, settings, found.origin, row.origin)
            or _account(task, settings)
        )

    return why


def _of_all(
    db: sqlite3.Connection, row: GroupRow | None, held: set[tuple[str | None, str | None]]
) -> str | None:
    if (None, None) in held:
        return "this node is held: release it first"
    if row is None:
        return None
    if (row.id, None) in held:
        return f"group {row.name!r} is held on this node: release it first"
    if standby.get(db, row.id).standby:
        return f"group {row.name!r} is on standby on this node"
    if row.follows is not None:
        primary = peers.get(db, row.follows.peer_id)
        name = "another node" if primary is None else primary.name
        return f"{name} keeps group {row.name!r} and would undo it: choose another group with --into"
    return None


def _account(task: Task, settings: Settings) -> str | None:
    if not isinstance(task.action, Command):
        return None
    try:
        find_account(task.run_as or settings.account.user, task.run_as_group or settings.account.group)
    except AtsnError as error:
        return error.message
    return None
