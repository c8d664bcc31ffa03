"""Working out what is next for a task."""

from atsn_tui.model.run import Decision
from atsn_tui.runner.scheduling.entry import Entry
from atsn_tui.runner.scheduling.retiring import retire
from atsn_tui.runner.scheduling.state import State
from atsn_tui.store import decisions


def plan(state: State, entry: Entry) -> None:
    """Put the task's next event into the agenda; if there is none, it may be over."""
    event = entry.advance(state.now, state.begun, state.fired.get(entry.key, frozenset()))
    if event is not None:
        state.agenda.put(entry.key, event.fire)
        return
    state.agenda.remove(entry.key)
    if entry.problem:
        _tell(state, entry)
    else:
        retire(state, entry)


def _tell(state: State, entry: Entry) -> None:
    """Record, once, that the task cannot be scheduled here."""
    if not entry.task.enabled:
        return
    decision = Decision(
        group_id=entry.key[0],
        task_id=entry.key[1],
        path=entry.path,
        kind="invalid",
        text=entry.problem,
        trigger="schedule",
        first=entry.edited,
        last=entry.edited,
        at=state.now,
    )
    state.batch.write(lambda db: decisions.note(db, decision))
