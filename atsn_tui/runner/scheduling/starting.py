"""Beginning runs, or recording why not."""

from msgspec.structs import replace

from atsn_tui.model.run import Decision, Run, Trigger
from atsn_tui.model.task import Task
from atsn_tui.runner.scheduling.active import Live
from atsn_tui.runner.scheduling.decide import Answer, Skip, Start, Wait, decide, resume
from atsn_tui.runner.scheduling.entry import Entry
from atsn_tui.runner.scheduling.executor import Work
from atsn_tui.runner.scheduling.facts import facts_of, group_full, node_full
from atsn_tui.runner.scheduling.overdue import Missed
from atsn_tui.runner.scheduling.state import State
from atsn_tui.store.instants import Key

REPLACED = "a later run of the task took its place"


def attempt(
    state: State,
    entry: Entry,
    trigger: Trigger,
    due: int,
    *,
    who: str = "",
    cause: Run | None = None,
) -> tuple[Answer, Run | None]:
    """Run the task now, or later, or record why not. The run, if there is one."""
    task = entry.task
    lineage = (*cause.lineage, cause.task_id) if cause is not None else ()
    answer = decide(facts_of(state, entry, task, trigger, lineage=lineage))
    if isinstance(answer, Skip):
        record(state, entry, answer, trigger, Missed(due, due, 1, True))
        return answer, None
    run = Run(
        id=state.new_id(),
        group_id=entry.key[0],
        task_id=entry.key[1],
        path=task.path,
        trigger=trigger,
        due=due,
        who=who,
        cause=None if cause is None else cause.id,
        lineage=lineage,
    )
    if isinstance(answer, Start):
        run = _begun(state, entry, task, run)
        state.active.add(run, task)
        state.batch.begin(_work(state, entry, task, run), entry.body, new=True)
    else:
        if answer.replace:
            replace_others(state, entry)
        _wait(state, run, task, entry.body, answer)
    state.touched.add(entry.key)
    return answer, run


def record(state: State, entry: Entry, skip: Skip, trigger: Trigger, dues: Missed) -> None:
    """Record that due times do not run."""
    state.batch.decide(
        Decision(
            group_id=entry.key[0],
            task_id=entry.key[1],
            path=entry.path,
            kind=skip.kind,
            text=skip.why,
            trigger=trigger,
            first=dues.first,
            last=dues.last,
            at=state.now,
            count=dues.number,
            exact=dues.exact,
        )
    )
    state.touched.add(entry.key)


def retry(state: State, failed: Run, at: int, task: Task, body: bytes) -> None:
    """A failed run is tried again at that moment."""
    run = replace(
        Run(
            id=state.new_id(),
            group_id=failed.group_id,
            task_id=failed.task_id,
            path=failed.path,
            trigger="retry",
            due=at,
        ),
        attempt=failed.attempt + 1,
        cause=failed.id,
        lineage=failed.lineage,
        who=failed.who,
    )
    _wait(
        state,
        run,
        task,
        body,
        Wait(f"it failed, and is tried again ({failed.attempt} of {task.options.retries})"),
    )


def resume_waiting(state: State) -> None:
    """Begin the runs that waited and can begin now, in the order in which they came."""
    blocked: set[Key] = set()
    for live in state.active.waiting():
        if node_full(state):
            return
        if live.run.due > state.now or live.key in blocked or group_full(state, live.key[0]):
            continue
        if isinstance(_resume(state, live), Wait) and live.task.options.overlap != "parallel":
            # The task's later runs wait for this one.
            blocked.add(live.key)


def _resume(state: State, live: Live) -> Answer:
    entry = state.book.entry(*live.key)
    if entry is None:
        gone = Skip("invalid", "the task was removed while it waited")
        end_waiting(state, live, gone.why)
        return gone
    task = entry.task
    answer = resume(facts_of(state, entry, task, live.run.trigger, lineage=live.run.lineage, before=live))
    if isinstance(answer, Skip) and answer.kind == "held":
        return _rest(state, live, answer.why)
    if isinstance(answer, Skip):
        end_waiting(state, live, answer.why)
    elif isinstance(answer, Start):
        run = _begun(state, entry, task, live.run)
        state.active.change(live, run, task)
        state.batch.begin(_work(state, entry, task, run), entry.body, new=False)
    return answer


def _rest(state: State, live: Live, why: str) -> Wait:
    """A hold is a pause: what waited when it began goes on waiting until it ends."""
    if live.run.reason != why:
        state.active.change(live, replace(live.run, reason=why))
        state.batch.change(live.run)
    found = state.hold_on(live.key)
    if found is not None and found[1].until is not None:
        state.agenda.put(live.run.id, found[1].until)
    return Wait(why)


def end_waiting(state: State, live: Live, reason: str) -> None:
    """A run that waited does not begin."""
    state.active.remove(live)
    state.agenda.remove(live.run.id)
    state.batch.end(replace(live.run, state="stopped", ended=state.now, reason=reason))
    state.touched.add(live.key)
    state.room = True


def stop(state: State, live: Live, reason: str) -> None:
    """Tell a run to end; one that waits ends at once."""
    if live.waits:
        end_waiting(state, live, reason)
    elif not live.run.stopping:
        state.active.change(live, replace(live.run, stopping=reason))
        state.batch.change(live.run)
        state.batch.stops.append(live.run.id)


def replace_others(state: State, entry: Entry) -> None:
    """End all runs of the task for a new one."""
    for live in state.active.of_task(entry.key):
        stop(state, live, REPLACED)


def _begun(state: State, entry: Entry, task: Task, run: Run) -> Run:
    return replace(
        run,
        state="starting",
        path=task.path,
        version=entry.fingerprint.hex(),
        boot=state.place.boot_id,
        reason="",
    )


def _work(state: State, entry: Entry, task: Task, run: Run) -> Work:
    group = state.group_of(entry)
    return Work(run, task, group.settings, group.name)


def _wait(state: State, run: Run, task: Task, body: bytes, answer: Wait) -> None:
    run = replace(run, state="queued", reason=answer.why)
    state.active.add(run, task)
    state.batch.queue(run, body)
    if run.due > state.now:
        state.agenda.put(run.id, run.due)
