"""How runs went, as glyphs and words."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from atsn_tui.console.look.states import Sign, sign_of, task_sign
from atsn_tui.console.look.times import NOTHING, Clock, span
from atsn_tui.model.run import ACTIVE
from atsn_tui.model.states import STANDING, run_state, signal_name, trigger_words
from atsn_tui.model.words import plural
from atsn_tui.node.runs.views import DecisionView, HoldView, RunView
from atsn_tui.node.views import TaskView

HELD = sign_of(STANDING["held"])


def run_sign(run: RunView) -> Sign:
    """How a run stands; for one that failed, how its program ended."""
    sign = sign_of(run_state(run.state, run.started_at is not None))
    if run.state != "failed":
        return sign
    if run.signal is not None:
        return sign._replace(word=signal_name(run.signal))
    return sign if run.exit_code is None else sign._replace(word=f"exit {run.exit_code}")


def under_way(run: RunView | None) -> bool:
    """Whether the run has not ended."""
    return run is not None and run.state in ACTIVE


def took(run: RunView, clock: Clock) -> str:
    """How long it ran, or has run by now, as in `41s`; empty if it did not begin."""
    length = _length(run, clock)
    return "" if length is None else span(length).replace(" min", "m").replace(" ", "")


def _length(run: RunView, clock: Clock) -> timedelta | None:
    if run.started_at is None:
        return None
    if under_way(run):
        return max(timedelta(), clock.now() - datetime.fromisoformat(run.started_at))
    return None if run.duration_ms is None else timedelta(milliseconds=run.duration_ms)


def last_word(run: RunView | None, clock: Clock) -> str:
    """A run for a narrow column: `ok 41s`, `exit 2`, `running 12s`, or a dash for None."""
    if run is None:
        return NOTHING
    word = run_sign(run).word
    return f"{word} {took(run, clock)}".rstrip() if run.state in ("ok", "running") else word


def run_line(run: RunView, clock: Clock) -> str:
    """A run in one sentence: `exit 2 after 3 s, 2 min ago, 22 Nov 2026 09:12:05`."""
    word, length = run_sign(run).word, _length(run, clock)
    if length is None:
        return f"{word}, {clock.both(run.ended_at or run.due_at)}"
    if under_way(run):
        return f"{word} for {span(length)}, since {clock.full(run.started_at)}"
    return f"{word} after {span(length)}, {clock.both(run.ended_at)}"


def trigger(run: RunView) -> str:
    """What made it run, in a word or two."""
    return trigger_words(run.trigger, run.who, run.attempt)


def remark(run: RunView) -> str:
    """Why it ended so, where its sign does not tell, and what else is to be told."""
    told = run.exit_code is not None and run.reason == f"it exited with {run.exit_code}"
    return "; ".join([*([run.reason] if run.reason and not told else []), *run.notes])


def decision_line(decision: DecisionView) -> str:
    """Due times that did not run, and why."""
    if decision.count == 1 and decision.exact:
        return decision.text
    least = "" if decision.exact else "at least "
    return f"{decision.text} ({least}{plural(decision.count, 'due time')})"


def hold_of(group_id: str, task_id: str | None, holds: Iterable[HoldView]) -> HoldView | None:
    """What holds a task, or a whole group (None): the nearest of its own hold, its group's and the node's."""
    found = {
        hold.scope: hold
        for hold in holds
        if hold.group_id in (None, group_id) and hold.task_id in (None, task_id)
    }
    return found.get("task") or found.get("group") or found.get("node")


def hold_line(hold: HoldView, clock: Clock, of: str = "task") -> str:
    """`until 22 Nov 2026 18:00:00, by anna, with its group: a note`; `of` is the scope of what it is told about."""
    parts = ["until it is released" if hold.until is None else f"until {clock.full(hold.until)}"]
    if hold.who:
        parts.append(f"by {hold.who}")
    if hold.scope != of:
        parts.append("with its group" if hold.scope == "group" else "with the whole node")
    return ", ".join(parts) + (f": {hold.note}" if hold.note else "")


def standing_sign(view: TaskView, run: RunView | None, hold: HoldView | None) -> Sign:
    """How a task stands: what runs, else what keeps it from running, else how it went last."""
    if run is not None and under_way(run):
        return run_sign(run)
    if not view.task.enabled:
        return task_sign(view)
    if hold is not None:
        return HELD
    return task_sign(view) if run is None else run_sign(run)
