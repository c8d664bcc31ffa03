"""When the clock was put back: what had been worked out by the wrong time."""

from msgspec.structs import replace

from atsn_tui.runner.scheduling.active import Live
from atsn_tui.runner.scheduling.entry import Begun
from atsn_tui.runner.scheduling.events import ClockSet
from atsn_tui.runner.scheduling.outcome import retry_delay
from atsn_tui.runner.scheduling.progress import cursor
from atsn_tui.runner.scheduling.state import State


def set_back(state: State, now: int, by: int) -> None:
    """It is `now`, and was later before. Tasks whose times count from another moment are planned anew."""
    state.batch.events.append(ClockSet(by))
    state.begun = Begun(min(state.begun.service, now), min(state.begun.boot, now))
    for group in state.book.groups.values():
        for entry in group:
            startups = entry.times is not None and entry.times.startups
            if startups or cursor(entry.stretches, entry.edited, now) != entry.position:
                state.plan(entry)
    for live in state.active.waiting():
        _hurry(state, live, now)


def _hurry(state: State, live: Live, now: int) -> None:
    """A retry does not wait for longer than it was to."""
    latest = now + retry_delay(live.task.options, live.run.attempt - 1)
    if live.run.trigger == "retry" and live.run.due > latest:
        state.active.change(live, replace(live.run, due=latest))
        state.batch.change(live.run)
        state.agenda.put(live.run.id, latest)
