"""After a restart: what became of the runs that were on their way."""

import logging
import sqlite3

from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.errors import BadInput
from atsn_tui.model.codec import decode_task, encode
from atsn_tui.model.run import Run
from atsn_tui.model.task import Command, Task
from atsn_tui.runner.scheduling.active import Live
from atsn_tui.runner.scheduling.executor import Ended, Known, Work
from atsn_tui.runner.scheduling.overdue import GRACE
from atsn_tui.runner.scheduling.state import State
from atsn_tui.store import runs
from atsn_tui.store.runs import Kept

log = logging.getLogger(__name__)

DOWN = "the machine went down while it ran"
NEVER = "the service ended before it began"
LOST = "how it ended is not known: nobody was there to see it"


class Past(Struct, frozen=True):
    """What the database says of the runs that an executor knows, and of those that were on their way."""

    kept: list[Kept]
    """The runs that were on their way."""
    strays: list[Run]
    """Runs that live or have ended without its knowing, because it came back from a backup meanwhile."""
    leavings: list[str]
    """The runs of which only output is left."""


def look_back(db: sqlite3.Connection, known: Known) -> Past:
    """Compare what the executor knows with what is stored."""
    strays = [run for run in known.runs if _is_stray(run.id in known.living, runs.get(db, run.id))]
    told = known.living | {end.run_id for end in known.ends}
    return Past(runs.active(db), strays, runs.missing(db, known.outputs - told))


def _is_stray(lives: bool, stored: Run | None) -> bool:
    """Whether the database is wrong about a run. An end that is stored was only not acknowledged."""
    return stored is None or (lives and not stored.active)


def fate(run: Run, known: Known, boot_id: str, now: int) -> Ended | None:
    """The end of a run that was on its way when the service ended; None: it still is, or can begin now.

    Beginning it again is safe: the executor begins no run twice.
    """
    if run.state == "queued" or run.id in known.living or _ended(run, known):
        return None
    if run.boot != boot_id:
        return Ended(run_id=run.id, how="interrupted", message=DOWN)
    if run.state == "running":
        return Ended(run_id=run.id, how="unknown", message=LOST)
    if now - run.due > GRACE:
        return Ended(run_id=run.id, how="interrupted", message=NEVER)
    return None


def task_of(kept: Kept) -> Task:
    """The version that the run began with."""
    try:
        return decode_task(kept.task)
    except BadInput:
        # Written by a later version of this program, which was put back. All that is needed is how to end it.
        return _stand_in(kept.run)


def _stand_in(run: Run) -> Task:
    return Task(name=run.path.rpartition("/")[2] or "?", action=Command(command="true"))


def adopted(run: Run, known: Known) -> Run:
    """The run as it is known now: what lives has begun."""
    return replace(run, state="running") if run.id in known.living and run.state == "starting" else run


def recover(state: State, known: Known, past: Past) -> list[Ended]:
    """Take over all runs that were on their way; the ends that have to be recorded now."""
    ends: list[Ended] = []
    for run in past.strays:
        _take_in(state, run)
    for each in past.kept:
        run = adopted(each.run, known)
        live = state.active.add(run, task_of(each))
        if run is not each.run:
            state.batch.change(run)
        end = fate(run, known, state.place.boot_id, state.now)
        if end is not None:
            ends.append(end)
        elif live.waits:
            state.agenda.put(run.id, run.due)
        elif run.state == "starting" and not _ended(run, known):
            ends += _begin_again(state, live)
    return [*ends, *known.ends]


def _take_in(state: State, run: Run) -> None:
    """Record a run that the database does not know, so that it counts, can be seen, and be stopped."""
    log.warning("run %s of %s is on its way and was not known, as after a restore", run.id, run.path)
    entry = state.book.entry(run.group_id, run.task_id)
    task = _stand_in(run) if entry is None else entry.task
    body = encode(task) if entry is None else entry.body
    run = replace(run, state="running", ended=None)
    state.active.add(run, task)
    state.batch.write(lambda db: runs.take_in(db, run, body))
    state.touched.add((run.group_id, run.task_id))


def _begin_again(state: State, live: Live) -> list[Ended]:
    """The service ended after it had recorded this run as starting, and may not have started it."""
    group = state.book.groups.get(live.run.group_id)
    if group is None:
        return [Ended(run_id=live.run.id, how="interrupted", message=NEVER)]
    state.batch.starts.append(Work(live.run, live.task, group.settings, group.name))
    return []


def _ended(run: Run, known: Known) -> bool:
    return any(end.run_id == run.id for end in known.ends)
