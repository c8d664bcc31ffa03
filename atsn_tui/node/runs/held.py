"""What is paused on a node, with the names that people know it by."""

import sqlite3

from atsn_tui.model import codec, dates
from atsn_tui.model.run import Hold
from atsn_tui.node.runs.views import HoldView
from atsn_tui.store import groups, holds, tasks


def active_holds(db: sqlite3.Connection, now: int) -> list[HoldView]:
    """Everything that is paused at that moment, in µs."""
    return [hold_view(db, hold) for hold in holds.list_holds(db) if hold.active(now)]


def hold_view(db: sqlite3.Connection, hold: Hold) -> HoldView:
    """A hold as front ends see it. What it holds may be gone; then an id stands for its name."""
    name, scope = "this node", "node"
    if hold.group_id is not None:
        group = groups.get_group(db, hold.group_id)
        name, scope = group.name if group else hold.group_id, "group"
    if hold.group_id is not None and hold.task_id is not None:
        found = tasks.get(db, hold.group_id, [hold.task_id])
        path = codec.decode_task(found[0].record.body).path if found else hold.task_id
        name, scope = f"{name}/{path}", "task"
    return HoldView(
        scope=scope,  # type: ignore[arg-type]
        name=name,
        group_id=hold.group_id,
        task_id=hold.task_id,
        until=None if hold.until is None else dates.format_date(hold.until),
        who=hold.who,
        at=dates.format_date(hold.at),
        note=hold.note,
    )
