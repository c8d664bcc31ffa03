"""Working out what is next for a task."""

from atsn_tui.model.run import Decision
from atsn_tui.runner.scheduling.entry import Entry
from atsn_tui.runner.scheduling.retiring import retire
from atsn_tui.runner.scheduling.state import State
from atsn_tui.store import decisions


def plan(state: State, entry: Entry) -> None:
    """Put the task's next event into the agenda; if there is none, it may be over."""
    event = entry.advance(state.now, state.begun, _fired(state, entry))
    if event is not None:
        state.agenda.put(entry.key, event.fire)
        return
    state.agenda.remove(entry.key)
    if entry.problem:
        _tell(state, entry)
    else:
        retire(state, entry)


def _fired(state: State, entry: Entry) -> frozenset[str]:
    """The `@startup` schedules that are over and done with until the service starts again."""
    if entry.times is not None and entry.key[0] not in state.present:
        return frozenset(each.text for each in entry.times.startups)
    return state.fired.get(entry.key, frozenset())


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
