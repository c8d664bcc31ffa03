"""Runs: each is written before it begins, and again whenever its state changes."""

import json
import sqlite3
from collections.abc import Collection, Iterable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.model.run import FAILURES, Run

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Run)


class Kept(Struct, frozen=True):
    """A run with the canonical body of the task that it began with."""

    run: Run
    task: bytes


def put(db: sqlite3.Connection, run: Run, task: bytes) -> None:
    """Write a new run. The library's IntegrityError if there is one of its id."""
    db.execute(
        "INSERT INTO runs (id, group_id, task_id, state, due, ended, reported, body, task)"
        " VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (run.id, run.group_id, run.task_id, run.state, run.due, run.ended, _encoder.encode(run), task),
    )


def change(db: sqlite3.Connection, run: Run, task: bytes | None = None) -> None:
    """Write a run anew; `task` if it begins with another version than the one it was written with."""
    db.execute(
        "UPDATE runs SET state = ?, due = ?, ended = ?, body = ?, task = coalesce(?, task) WHERE id = ?",
        (run.state, run.due, run.ended, _encoder.encode(run), task, run.id),
    )


def take_in(db: sqlite3.Connection, run: Run, task: bytes) -> None:
    """Write a run that is on its way, whether or not something is written of it already."""
    db.execute(
        "INSERT INTO runs (id, group_id, task_id, state, due, ended, reported, body, task)"
        " VALUES (?, ?, ?, ?, ?, NULL, 0, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " state = excluded.state, ended = NULL, reported = 0, body = excluded.body, task = excluded.task",
        (run.id, run.group_id, run.task_id, run.state, run.due, _encoder.encode(run), task),
    )


def missing(db: sqlite3.Connection, run_ids: Iterable[str]) -> list[str]:
    """Which of them no record is of."""
    found = db.execute(
        "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM runs)",
        (json.dumps(list(run_ids)),),
    )
    return [run_id for (run_id,) in found]


def set_reported(db: sqlite3.Connection, run_ids: Iterable[str]) -> None:
    """These ends have been told to everybody: the version of the task that ran is not needed any more."""
    db.executemany("UPDATE runs SET reported = 1, task = NULL WHERE id = ?", [(each,) for each in run_ids])


def active(db: sqlite3.Connection) -> list[Kept]:
    """All runs that have not ended, oldest first."""
    return _kept(db, "ended IS NULL ORDER BY number")


def unreported(db: sqlite3.Connection, limit: int) -> list[Kept]:
    """The oldest runs whose end has not been reported, at most `limit`."""
    return _kept(db, "reported = 0 AND ended IS NOT NULL ORDER BY number LIMIT ?", limit)


def get(db: sqlite3.Connection, run_id: str) -> Run | None:
    """The run of that id."""
    found = db.execute("SELECT group_id, body FROM runs WHERE id = ?", (run_id,)).fetchone()
    return None if found is None else _run(*found)


def find_by_prefix(db: sqlite3.Connection, prefix: str) -> list[Run]:
    """Every run whose id begins with `prefix`."""
    found = db.execute(
        "SELECT group_id, body FROM runs WHERE id >= ? AND id < ? ORDER BY id",
        (prefix, prefix + "\U0010ffff"),
    )
    return [_run(*columns) for columns in found]


def list_runs(
    db: sqlite3.Connection,
    group_id: str | None = None,
    task_id: str | None = None,
    *,
    limit: int | None = None,
    before: str | None = None,
) -> list[Run]:
    """Runs of a task, a group or all, newest first, at most `limit`; `before`: those older than that run."""
    wanted = [
        ("group_id = ?", group_id),
        ("task_id = ?", task_id),
        ("number < (SELECT number FROM runs WHERE id = ?)", before),
    ]
    given = [(clause, value) for clause, value in wanted if value is not None]
    where = " AND ".join(clause for clause, _ in given) or "1"
    found = db.execute(
        f"SELECT group_id, body FROM runs WHERE {where} ORDER BY number DESC LIMIT ?",  # noqa: S608
        (*(value for _, value in given), -1 if limit is None else limit),
    )
    return [_run(*columns) for columns in found]


def since(db: sqlite3.Connection, moment: int, group_id: str | None = None) -> list[Run]:
    """Runs of a group or of all that had not ended before a moment in µs, oldest first."""
    found = db.execute(
        "SELECT group_id, body FROM runs WHERE (ended IS NULL OR ended >= ?1)"
        " AND (?2 IS NULL OR group_id = ?2) ORDER BY number",
        (moment, group_id),
    )
    return [_run(*columns) for columns in found]


def last_runs(db: sqlite3.Connection, group_id: str) -> dict[str, Run]:
    """The latest run of each task of a group, by the task's id."""
    found = db.execute(
        "SELECT task_id, group_id, body FROM runs WHERE number IN"
        " (SELECT max(number) FROM runs WHERE group_id = ? GROUP BY task_id)",
        (group_id,),
    )
    return {task_id: _run(*columns) for task_id, *columns in found}


def last_failures(db: sqlite3.Connection) -> list[Run]:
    """Of each task the latest run that has ended, if it failed; newest first."""
    states = json.dumps(sorted(FAILURES))
    found = db.execute(
        "SELECT group_id, body FROM runs WHERE number IN"
        " (SELECT max(number) FROM runs WHERE number NOT IN (SELECT number FROM runs WHERE ended IS NULL)"
        " GROUP BY group_id, task_id)"
        " AND state IN (SELECT value FROM json_each(?)) ORDER BY number DESC",
        (states,),
    )
    return [_run(*columns) for columns in found]


def ran_since(db: sqlite3.Connection, group_id: str, task_id: str, since: int) -> bool:
    """Whether a run of the task was due later than `since`."""
    found = db.execute(
        "SELECT 1 FROM runs WHERE group_id = ? AND task_id = ? AND due > ? LIMIT 1",
        (group_id, task_id, since),
    )
    return found.fetchone() is not None


def surplus_of(db: sqlite3.Connection, group_id: str, task_id: str, keep: int) -> list[int]:
    """The numbers of a task's runs, over and reported, that are older than its latest `keep`."""
    found = db.execute(
        "SELECT number FROM runs WHERE group_id = ? AND task_id = ? AND reported = 1 AND number <="
        " (SELECT number FROM runs WHERE group_id = ? AND task_id = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (group_id, task_id, group_id, task_id, keep),
    )
    return [number for (number,) in found]


def ended_before(db: sqlite3.Connection, moment: int, limit: int) -> list[int]:
    """The numbers of the oldest runs that were over before `moment`, and reported."""
    found = db.execute(
        "SELECT number FROM runs WHERE ended < ? AND reported = 1 ORDER BY number LIMIT ?", (moment, limit)
    )
    return [number for (number,) in found]


def surplus(db: sqlite3.Connection, keep: int, limit: int) -> list[int]:
    """The numbers of the oldest runs, over and reported, that are more than `keep` in total."""
    total = int(db.execute("SELECT count(*) FROM runs").fetchone()[0])
    found = db.execute(
        "SELECT number FROM runs WHERE reported = 1 ORDER BY number LIMIT ?",
        (max(0, min(total - keep, limit)),),
    )
    return [number for (number,) in found]


def remove(db: sqlite3.Connection, numbers: Collection[int]) -> list[str]:
    """Forget runs; their ids, so that what they left elsewhere can go too."""
    numbers_as_json = json.dumps(list(numbers))
    chosen = "number IN (SELECT value FROM json_each(?))"
    ids = [
        run_id
        for (run_id,) in db.execute(f"SELECT id FROM runs WHERE {chosen}", (numbers_as_json,))  # noqa: S608
    ]
    db.execute(f"DELETE FROM runs WHERE {chosen}", (numbers_as_json,))  # noqa: S608
    return ids


def _kept(db: sqlite3.Connection, where: str, *values: object) -> list[Kept]:
    found = db.execute(f"SELECT group_id, body, task FROM runs WHERE {where}", values)  # noqa: S608
    return [Kept(_run(group_id, body), task) for group_id, body, task in found]


def _run(group_id: str, body: bytes) -> Run:
    run = _decoder.decode(body)
    # The group may have taken another id since.
    return run if run.group_id == group_id else replace(run, group_id=group_id)
