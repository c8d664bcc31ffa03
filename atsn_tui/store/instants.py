"""Due times that have been handled, and what else is known of a task's times on this node alone.

A due time is handled once, whether it ran or not. That is kept as stretches of time in which everything has been
handled; usually a task has one. All of it outlives the task: what is removed and comes back does not run again.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

Key = tuple[str, str]
"""The ids of a group and of one of its tasks."""


class Stretch(NamedTuple):
    """Every due time later than `since` and up to `until` has been handled. In µs."""

    since: int
    until: int


class Timing(Struct, frozen=True, kw_only=True):
    """What is known of one task's times."""

    edited: int | None = None
    """When its schedule was last edited; None: no edit was seen."""
    boot_id: str | None = None
    boot_due: int | None = None
    """The latest due time of `@reboot` that was handled under that boot."""
    over: bool = False
    """It is over, and would have been removed if its group were not replicated."""


def stretches(db: sqlite3.Connection, group_id: str) -> dict[str, tuple[Stretch, ...]]:
    """What has been handled, by task, sorted."""
    found: dict[str, list[Stretch]] = {}
    for task_id, since, until in db.execute(
        "SELECT task_id, since, until FROM instants WHERE group_id = ? ORDER BY task_id, since", (group_id,)
    ):
        found.setdefault(task_id, []).append(Stretch(since, until))
    return {task_id: tuple(each) for task_id, each in found.items()}


def stretches_of(db: sqlite3.Connection, key: Key) -> tuple[Stretch, ...]:
    """What has been handled of one task, sorted."""
    found = db.execute(
        "SELECT since, until FROM instants WHERE group_id = ? AND task_id = ? ORDER BY since", key
    )
    return tuple(Stretch(since, until) for since, until in found)


def set_stretches(
    db: sqlite3.Connection, key: Key, before: Iterable[Stretch], after: Iterable[Stretch]
) -> None:
    """Write what is different between two states of one task."""
    old, new = set(before), set(after)
    gone = {each.since for each in old} - {each.since for each in new}
    if gone:
        db.executemany(
            "DELETE FROM instants WHERE group_id = ? AND task_id = ? AND since = ?",
            [(*key, since) for since in gone],
        )
    db.executemany(
        "INSERT INTO instants (group_id, task_id, since, until) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET until = excluded.until",
        [(*key, *each) for each in new - old],
    )


def timings(db: sqlite3.Connection, group_id: str) -> dict[str, Timing]:
    """What is known of the times of a group's tasks, present or not."""
    found = db.execute(
        "SELECT task_id, edited, boot_id, boot_due, over FROM timings WHERE group_id = ?", (group_id,)
    )
    return {task_id: _timing(*columns) for task_id, *columns in found}


def timing(db: sqlite3.Connection, key: Key) -> Timing:
    """What is known of the times of one task."""
    found = db.execute(
        "SELECT edited, boot_id, boot_due, over FROM timings WHERE group_id = ? AND task_id = ?", key
    ).fetchone()
    return Timing() if found is None else _timing(*found)


def set_edited(db: sqlite3.Connection, group_id: str, edits: dict[str, int]) -> None:
    """The schedules of these tasks were edited at these moments; none of them is over then."""
    db.executemany(
        "INSERT INTO timings (group_id, task_id, edited) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET edited = excluded.edited, over = 0",
        [(group_id, task_id, at) for task_id, at in edits.items()],
    )


def set_boot(db: sqlite3.Connection, key: Key, boot_id: str, due: int) -> None:
    """`@reboot` was handled up to that due time under that boot."""
    db.execute(
        "INSERT INTO timings (group_id, task_id, boot_id, boot_due) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET boot_id = excluded.boot_id, boot_due = excluded.boot_due",
        (*key, boot_id, due),
    )


def set_over(db: sqlite3.Connection, key: Key) -> None:
    """The task is over here."""
    db.execute(
        "INSERT INTO timings (group_id, task_id, over) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET over = 1",
        key,
    )


def set_decision(db: sqlite3.Connection, group_id: str, task_id: str, number: int | None) -> None:
    """The decision that an equal one would be counted to; None once the task runs."""
    if number is None:
        db.execute(
            "UPDATE timings SET decision = NULL WHERE group_id = ? AND task_id = ?", (group_id, task_id)
        )
        return
    db.execute(
        "INSERT INTO timings (group_id, task_id, decision) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET decision = excluded.decision",
        (group_id, task_id, number),
    )


def first_start(db: sqlite3.Connection, boot_id: str, now: int) -> int:
    """When a service first started since the machine booted: `now`, if none has."""
    found = db.execute("SELECT boot_id, at FROM boot").fetchone()
    if found is not None and found[0] == boot_id:
        return int(found[1])
    db.execute("INSERT OR REPLACE INTO boot (one, boot_id, at) VALUES (1, ?, ?)", (boot_id, now))
    return now


def has_started(db: sqlite3.Connection, boot_id: str) -> bool:
    """Whether a service has started under that boot."""
    return db.execute("SELECT 1 FROM boot WHERE boot_id = ?", (boot_id,)).fetchone() is not None


def move(db: sqlite3.Connection, old: str, new: str) -> None:
    """A group took another id: everything that was kept of its tasks' times, runs and pauses goes along."""
    db.execute(
        "INSERT INTO instants (group_id, task_id, since, until)"
        " SELECT ?, task_id, since, until FROM instants WHERE group_id = ?"
        " ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
        (new, old),
    )
    db.execute("DELETE FROM instants WHERE group_id = ?", (old,))
    for table in ("timings", "seen", "holds", "groups_here", "runs", "decisions"):
        db.execute(f"UPDATE OR REPLACE {table} SET group_id = ? WHERE group_id = ?", (new, old))  # noqa: S608


def _timing(edited: int | None, boot_id: str | None, boot_due: int | None, over: int) -> Timing:
    return Timing(edited=edited, boot_id=boot_id, boot_due=boot_due, over=bool(over))
