"""Finding the run that a person means: by the beginning of its id, or by its task."""

import re
import sqlite3

from atsn_tui.errors import NotFound
from atsn_tui.model import codec, dates
from atsn_tui.model.run import Run
from atsn_tui.node.lookup import Found, find_task
from atsn_tui.node.nearest import ambiguous
from atsn_tui.store import runs

SHORTEST = 4
"""The fewest characters of an id that are looked for."""

_HEX = re.compile(r"[0-9a-f][0-9a-f-]*\Z")
"""What may be the beginning of an id."""

_LATEST = 20
"""How many runs of a task are looked through for one that does not wait."""


def find_run(db: sqlite3.Connection, which: str) -> Run:
    """The run whose id begins with `which`. NotFound or Ambiguous."""
    found = _by_prefix(db, which)
    if not found:
        raise NotFound(_no_run(which))
    return _only(which, found)


def run_or_task(db: sqlite3.Connection, which: str) -> Run | Found:
    """The run whose id begins with `which`, or the task that is meant. NotFound; Ambiguous if both fit."""
    found = _by_prefix(db, which)
    if len(found) == 1 and found[0].id == which:
        return found[0]
    try:
        task = find_task(db, which)
    except NotFound as error:
        if found:
            return _only(which, found)
        if not _HEX.match(which):
            raise
        raise NotFound(_no_run(which, "run and no task")) from error
    if found:
        row = task[1].record
        named = f"{row.id}  task {codec.decode_task(row.body).path}"
        raise ambiguous("run or task", which, (named, *map(_line, found)))
    return task


def run_that_counts(db: sqlite3.Connection, task: Found) -> Run:
    """The task's latest run that does not wait for its turn, else the latest at all. NotFound if it never ran."""
    group, row = task
    found = runs.list_runs(db, group.id, row.record.id, limit=_LATEST)
    if not found:
        path = codec.decode_task(row.record.body).path
        raise NotFound(f"{group.name}/{path} has not run here yet; why: atsn why {row.record.id}")
    return next((run for run in found if run.state != "queued"), found[0])


def _by_prefix(db: sqlite3.Connection, which: str) -> list[Run]:
    """The run of that id, or all whose ids begin so."""
    found = runs.find_by_prefix(db, which) if len(which) >= SHORTEST else []
    return [run for run in found if run.id == which] or found


def _only(which: str, found: list[Run]) -> Run:
    if len(found) > 1:
        raise ambiguous("run", which, map(_line, found))
    return found[0]


def _line(run: Run) -> str:
    return f"{run.id}  run of {run.path}, {dates.format_date(run.due)}"


def _no_run(which: str, what: str = "run") -> str:
    if len(which) < SHORTEST:
        return f"{which!r} is too short: give at least {SHORTEST} characters of an id, as atsn runs shows it"
    return f"no {what} has an id that begins with {which!r}; to see the runs: atsn runs"
