"""What of the stored tasks decides who follows whom. Reading all of them would take ten times longer."""

import sqlite3

import msgspec

from atsn_tui.schedule.following import TaskOutline


class _Outline(msgspec.Struct):
    name: str
    folder: str
    schedules: tuple[str, ...]


_decoder = msgspec.msgpack.Decoder(_Outline)


def outlines(db: sqlite3.Connection, group_id: str) -> dict[str, TaskOutline]:
    """The outlines of a group's tasks, by their ids."""
    found = db.execute("SELECT id, body FROM tasks WHERE group_id = ?", (group_id,))
    return {task_id: outline_of(body) for task_id, body in found}


def outline_of(body: bytes) -> TaskOutline:
    """The outline of one stored task."""
    found = _decoder.decode(body)
    return TaskOutline(found.folder, found.name, found.schedules)
