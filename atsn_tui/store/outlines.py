"""What of the stored tasks decides who follows whom. Reading all of them would take ten times longer."""

import sqlite3

import msgspec

from atsn_tui.schedule.following import TaskOutline


class _Outline(msgspec.Struct):
    name: str
    folder: str
    schedules: tuple[str, ...]


_decoder = msgspec.msgpack.Decoder(_Outline)


def waits(body: bytes) -> bool:
    """Whether a stored task follows another one."""
    return outline_of(body).waits


def may_wait(body: bytes) -> bool:
    """The same of bytes that need not be those of a task, and might be those of settings; in doubt it does."""
    try:
        return waits(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return True


def anybody_waits(db: sqlite3.Connection, group_id: str) -> bool:
    """Whether any task of the group follows another one. Costs nothing, however many tasks there are."""
    # By itself SQLite takes the primary key, and looks at every task.
    found = db.execute(
        "SELECT 1 FROM tasks INDEXED BY tasks_waiting WHERE group_id = ? AND waits LIMIT 1", (group_id,)
    )
    return found.fetchone() is not None


def outlines(db: sqlite3.Connection, group_id: str) -> dict[str, TaskOutline]:
    """The outlines of a group's tasks, by their ids."""
    found = db.execute("SELECT id, body FROM tasks WHERE group_id = ?", (group_id,))
    return {task_id: outline_of(body) for task_id, body in found}


def outline_of(body: bytes) -> TaskOutline:
    """The outline of one stored task."""
    found = _decoder.decode(body)
    return TaskOutline(found.folder, found.name, found.schedules)
