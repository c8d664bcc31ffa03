"""What happens when something is due."""

from atsn_tui.model.dates import SECOND
from atsn_tui.runner.scheduling import overdue
from atsn_tui.runner.scheduling.decide import Skip, standing
from atsn_tui.runner.scheduling.entry import Entry, Event
from atsn_tui.runner.scheduling.facts import facts_of
from atsn_tui.runner.scheduling.overdue import Missed, Verdict
from atsn_tui.runner.scheduling.progress import handle
from atsn_tui.runner.scheduling.starting import attempt, record
from atsn_tui.runner.scheduling.state import State
from atsn_tui.store import instants

_ABSENT = "nothing ran here then: the service or the machine was down, or the clock was put forward"


def act(state: State, entry: Entry) -> None:
    """Act on the task's next event, which has come; it is planned anew then."""
    event = entry.next
    if event is None:
        return
    entry.next = None
    match event.kind:
        case "startup" | "reboot":
            _started(state, entry, event)
        case "day_off":
            _day_off(state, entry)
        case "due" if state.now - event.fire <= overdue.PROMPT:
            _fire(state, entry, event.at)
        case "due":
            _catch_up(state, entry, event)
    state.plan(entry)


def _fire(state: State, entry: Entry, due: int) -> None:
    _mark(state, entry, due)
    attempt(state, entry, "schedule", due)


def _mark(state: State, entry: Entry, due: int, *, apart: bool = False) -> None:
    after = handle(entry.stretches, due, apart=apart)
    state.batch.handled(entry.key, entry.stretches, after)
    entry.stretches = after


def _started(state: State, entry: Entry, event: Event) -> None:
    """The service or the machine started. Such a due time is no moment of the schedule, and is never missed."""
    if event.kind == "reboot":
        key, boot, due = entry.key, state.place.boot_id, event.at
        entry.boot_due = due
        state.batch.write(lambda db: instants.set_boot(db, key, boot, due))
    elif entry.times is not None:
        since = state.begun.service
        handled = {each.text for each in entry.times.startups if since + each.delay * SECOND <= event.at}
        state.fired[entry.key] = state.fired.get(entry.key, frozenset()) | handled
    attempt(state, entry, "startup", event.at)


def _day_off(state: State, entry: Entry) -> None:
    """Record the times up to now that a day off takes away."""
    assert entry.times is not None, "only a schedule that can be read has days off"
    due = entry.following(entry.position)
    until = state.now - entry.times.jitter
    taken = entry.days_off(until if due is None else min(until, due - 1), overdue.MOST)
    by_reason: dict[str, list[int]] = {}
    for at, reason in taken:
        by_reason.setdefault(reason, []).append(at)
    obstacle = standing(facts_of(state, entry, entry.task, "schedule"))
    for reason, moments in by_reason.items():
        skip = obstacle or Skip("holiday", reason)
        record(state, entry, skip, "schedule", Missed(moments[0], moments[-1], len(moments), True))
    if taken:
        _mark(state, entry, taken[-1][0], apart=state.now - taken[0][0] > overdue.LEAP)


def _catch_up(state: State, entry: Entry, event: Event) -> None:
    """Due times have passed, one at least, while nobody looked."""
    assert entry.times is not None, "only a schedule that can be read is due"
    late_by = entry.times.jitter
    task = entry.task
    dues, exact = overdue.passed(event.at, state.now - late_by, entry.following)
    verdict = overdue.judge(
        dues,
        exact,
        lambda due: state.now - due - late_by,
        task.options.missed,
        task.options.missed_window * SECOND,
    )
    apart = state.now - event.fire > overdue.LEAP
    if verdict.missed is not None:
        obstacle = standing(facts_of(state, entry, task, "schedule", late=_why(verdict)))
        assert obstacle is not None, "being late is an obstacle"
        record(state, entry, obstacle, "schedule", verdict.missed)
        _mark(state, entry, verdict.missed.last, apart=apart)
    if verdict.made_up is not None:
        _mark(state, entry, verdict.made_up, apart=apart and verdict.missed is None)
        attempt(state, entry, "missed", verdict.made_up)
    for due in verdict.prompt:
        _fire(state, entry, due)


def _why(verdict: Verdict) -> str:
    if verdict.made_up is not None:
        return f"{_ABSENT}; the latest is made up for"
    return _ABSENT
