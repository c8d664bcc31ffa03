"""After a restart: what became of the runs that were on their way."""

from collections.abc import Iterable

from msgspec.structs import replace

from atsn_tui.errors import BadInput
from atsn_tui.model.codec import decode_task
from atsn_tui.model.run import Run
from atsn_tui.model.task import Command, Task
from atsn_tui.runner.scheduling.active import Live
from atsn_tui.runner.scheduling.executor import Ended, Known, Work
from atsn_tui.runner.scheduling.overdue import GRACE
from atsn_tui.runner.scheduling.state import State
from atsn_tui.store.runs import Kept

DOWN = "the machine went down while it ran"
NEVER = "the service ended before it began"
LOST = "how it ended is not known: nobody was there to see it"


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
        return Task(name=kept.run.path.rpartition("/")[2] or "?", action=Command(command="true"))


def adopted(run: Run, known: Known) -> Run:
    """The run as it is known now: what lives has begun."""
    return replace(run, state="running") if run.id in known.living and run.state == "starting" else run


def recover(state: State, known: Known, kept: Iterable[Kept]) -> list[Ended]:
    """Take over all runs that were on their way; the ends that have to be recorded now."""
    ends: list[Ended] = []
    for each in kept:
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


def _begin_again(state: State, live: Live) -> list[Ended]:
    """The service ended after it had recorded this run as starting, and may not have started it."""
    group = state.book.groups.get(live.run.group_id)
    if group is None:
        return [Ended(run_id=live.run.id, how="interrupted", message=NEVER)]
    state.batch.starts.append(Work(live.run, live.task, group.settings, group.name))
    return []


def _ended(run: Run, known: Known) -> bool:
    return any(end.run_id == run.id for end in known.ends)
