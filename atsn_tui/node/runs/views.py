"""What a node answers about runs, holds and reasons: plain data for a screen or for JSON."""

from typing import Literal

from msgspec import Struct

from atsn_tui.model import dates
from atsn_tui.model.run import Decision, DecisionKind, Run, RunState, Trigger


class RunView(Struct, frozen=True, kw_only=True):
    """One execution of a task."""

    id: str
    group: str
    group_id: str
    task: str
    """Folder and name when it began."""
    task_id: str
    trigger: Trigger
    state: RunState
    due_at: str
    started_at: str | None = None
    ended_at: str | None = None
    duration_ms: int | None = None
    """So far, for a run that has not ended."""
    attempt: int = 1
    cause: str | None = None
    """The run that led to it: that of another task for `after`, the failed attempt for `retry`."""
    who: str = ""
    """Who asked for it, if it was by hand."""
    exit_code: int | None = None
    signal: int | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    output_bytes: int = 0
    """How much it printed; 0 as well as long as it has not ended."""
    output_dropped: int = 0
    """How much of that was not kept."""


class DecisionView(Struct, frozen=True, kw_only=True):
    """Due times of a task at which it did not run, and why."""

    group: str
    group_id: str
    task: str
    task_id: str
    kind: DecisionKind
    text: str
    trigger: Trigger
    first_at: str
    last_at: str
    count: int
    exact: bool = True
    """False: there were more than `count`."""


class HoldView(Struct, frozen=True, kw_only=True):
    """A pause on this node: of one task, a group, or everything."""

    scope: Literal["task", "group", "node"]
    name: str
    """What `atsn release` takes; for the node, what a person calls it."""
    group_id: str | None = None
    task_id: str | None = None
    until: str | None = None
    """None: until it is released."""
    who: str = ""
    at: str = ""
    note: str = ""
    intake: bool = False
    """With its release, the group takes again what peers bring."""


class WhyView(Struct, frozen=True, kw_only=True):
    """Why a task runs or does not run, with the evidence."""

    task: str
    """Group, folder and name."""
    task_id: str
    obstacles: tuple[str, ...]
    """What stands in its way now, with what to do; empty: nothing."""
    schedule: str
    next_at: str | None
    last: RunView | None
    """Its latest run, which may not have ended."""
    decisions: tuple[DecisionView, ...]
    """Due times that did not run, latest first."""
    also_in: str | None = None
    """A crontab of this machine that runs it too, as far as this user may read them."""
    notes: tuple[str, ...] = ()
    """What stands in nobody's way, and is good to know."""


class Asked(Struct, frozen=True, kw_only=True):
    """What the service answered to a request."""

    text: str
    run_id: str = ""


def run_view(run: Run, names: dict[str, str], now: int) -> RunView:
    """A run as front ends see it; `names` are those of the groups."""
    length = None if run.started is None else (run.ended or now) - run.started
    return RunView(
        id=run.id,
        group=names.get(run.group_id, run.group_id),
        group_id=run.group_id,
        task=run.path,
        task_id=run.task_id,
        trigger=run.trigger,
        state=run.state,
        due_at=dates.format_date(run.due),
        started_at=None if run.started is None else dates.format_date(run.started),
        ended_at=None if run.ended is None else dates.format_date(run.ended),
        duration_ms=None if length is None else max(0, length) // 1000,
        attempt=run.attempt,
        cause=run.cause,
        who=run.who,
        exit_code=run.exit_code,
        signal=run.signal,
        reason=run.reason,
        notes=run.notes,
        output_bytes=run.output_bytes,
        output_dropped=run.output_dropped,
    )


def decision_view(decision: Decision, names: dict[str, str]) -> DecisionView:
    """A decision not to run as front ends see it; `names` are those of the groups."""
    return DecisionView(
        group=names.get(decision.group_id, decision.group_id),
        group_id=decision.group_id,
        task=decision.path,
        task_id=decision.task_id,
        kind=decision.kind,
        text=decision.text,
        trigger=decision.trigger,
        first_at=dates.format_date(decision.first),
        last_at=dates.format_date(decision.last),
        count=decision.count,
        exact=decision.exact,
    )
