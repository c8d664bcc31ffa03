"""What ran, and what was due and did not run: one row each, or one for many of the same task."""

from collections.abc import Iterable, Sequence

from atsn_tui.model.dates import format_date
from atsn_tui.model.run import FAILURES, Decision, DecisionKind, Run
from atsn_tui.node.agenda.facts import Facts, TaskFacts
from atsn_tui.node.agenda.moments import count_of, first_of, last_of
from atsn_tui.node.agenda.views import AgendaRow
from atsn_tui.node.runs.views import run_view

FEW = 3
"""So many runs of one task have a row each; more have one together."""

NO_SERVICE = "no service runs"


def begun(run: Run) -> int:
    """Where a run stands in time: when it began, else when it was due."""
    return run.started if run.started is not None else run.due


def ran(facts: Facts) -> list[AgendaRow]:
    """The rows of all runs. What has not ended stands alone."""
    words = {task.key: task.schedule for task in facts.tasks}
    by_task: dict[tuple[str, str], list[Run]] = {}
    rows: list[AgendaRow] = []
    for run in facts.runs:
        if run.active:
            rows.append(_run_row(facts, [run], words))
        else:
            by_task.setdefault((run.group_id, run.task_id), []).append(run)
    for runs in by_task.values():
        runs.sort(key=begun)
        if len(runs) > FEW:
            rows.append(_run_row(facts, runs, words))
        else:
            rows += [_run_row(facts, [run], words) for run in runs]
    return rows


def _run_row(facts: Facts, runs: Sequence[Run], words: dict[tuple[str, str], str]) -> AgendaRow:
    """A row for runs of one task, in the order of time."""
    failed = [run for run in runs if run.state in FAILURES]
    run = failed[-1] if failed else runs[-1]
    return AgendaRow(
        kind="run",
        at=format_date(begun(run)),
        first_at=format_date(begun(runs[0])),
        last_at=format_date(begun(runs[-1])),
        group=facts.names.get(run.group_id, run.group_id),
        group_id=run.group_id,
        task=run.path,
        task_id=run.task_id,
        schedule=words.get((run.group_id, run.task_id), ""),
        count=len(runs),
        exact=len(runs) < facts.kept,
        failed=len(failed),
        run=run_view(run, dict(facts.names), facts.now),
    )


def not_run(facts: Facts) -> list[AgendaRow]:
    """The rows of due times that were decided against; those of one task for one kind of reason together, if many."""
    words = {task.key: task.schedule for task in facts.tasks}
    alike: dict[tuple[str, str, DecisionKind], list[Decision]] = {}
    for decision in facts.decisions:
        alike.setdefault((decision.group_id, decision.task_id, decision.kind), []).append(decision)
    rows: list[AgendaRow] = []
    for decisions in alike.values():
        decisions.sort(key=lambda each: each.last)
        together = [decisions] if len(decisions) > FEW else [[each] for each in decisions]
        rows += [_decision_row(facts, each, words) for each in together]
    return rows


def _decision_row(
    facts: Facts, decisions: Sequence[Decision], words: dict[tuple[str, str], str]
) -> AgendaRow:
    last = decisions[-1]
    return AgendaRow(
        kind="skipped",
        at=format_date(min(max(last.last, facts.since), facts.now)),
        first_at=format_date(min(each.first for each in decisions)),
        last_at=format_date(last.last),
        group=facts.names.get(last.group_id, last.group_id),
        group_id=last.group_id,
        task=last.path,
        task_id=last.task_id,
        schedule=words.get((last.group_id, last.task_id), ""),
        count=sum(each.count for each in decisions),
        exact=all(each.exact for each in decisions),
        why=last.text,
        reason=last.kind,
    )


def undecided(facts: Facts) -> list[AgendaRow]:
    """The rows of due times that passed while no service ran, as long as none has looked at them."""
    return [_undecided_row(facts, task) for task in facts.tasks if task.overdue]


def _undecided_row(facts: Facts, task: TaskFacts) -> AgendaRow:
    last = last_of(task.overdue)
    return AgendaRow(
        kind="skipped",
        at=format_date(last),
        first_at=format_date(first_of(task.overdue, 1)[0]),
        last_at=format_date(last),
        group=facts.names.get(task.group_id, task.group_id),
        group_id=task.group_id,
        task=task.path,
        task_id=task.task_id,
        schedule=task.schedule,
        count=count_of(task.overdue),
        why=task.why or NO_SERVICE,
        reason=task.reason or "missed",
    )


def gaps(facts: Facts) -> list[AgendaRow]:
    """The stretches in which nobody ran what was due, as far as due times tell of them."""
    down = [
        (max(decision.first, facts.since), decision.at)
        for decision in facts.decisions
        if decision.kind == "missed"
    ]
    down += [(max(run.due, facts.since), begun(run)) for run in facts.runs if run.trigger == "missed"]
    lasting = [first_of(task.overdue, 1)[0] for task in facts.tasks if task.overdue and not task.why]
    spans: list[tuple[int, int | None]] = [*down, *((first, None) for first in lasting)]
    return [
        AgendaRow(
            kind="gap",
            at=format_date(first),
            last_at=None if last is None else format_date(last),
            why="no service ran" if last is not None else NO_SERVICE,
        )
        for first, last in _joined(spans)
    ]


def _joined(spans: Iterable[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """Stretches that touch as one; the end None is now."""
    found: list[tuple[int, int | None]] = []
    for first, last in sorted(spans, key=lambda span: span[0]):
        if found and (found[-1][1] is None or first <= found[-1][1]):
            before = found[-1]
            ends = None if before[1] is None or last is None else max(before[1], last)
            found[-1] = (before[0], ends)
        else:
            found.append((first, last))
    return found
