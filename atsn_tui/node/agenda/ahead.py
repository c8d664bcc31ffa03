"""What is to come: one row for each due time, or one for a task that is due often."""

from collections.abc import Iterable

from atsn_tui.model.dates import format_date
from atsn_tui.node.agenda.facts import Facts, TaskFacts
from atsn_tui.node.agenda.moments import count_of, first_of, last_of
from atsn_tui.node.agenda.past import FEW
from atsn_tui.node.agenda.views import AgendaRow


def often(task: TaskFacts) -> bool:
    """Whether its due times share one row."""
    return len(first_of(task.ahead, FEW + 1)) > FEW


def kept_from(task: TaskFacts, moment: int) -> bool:
    """Whether something stands in the way of it at that moment."""
    return bool(task.why) and (task.why_until is None or moment < task.why_until)


def free(task: TaskFacts) -> bool:
    """Whether nothing stands in its way, all the time."""
    return not task.why


def to_come(facts: Facts) -> list[AgendaRow]:
    """The rows of all due times to come."""
    rows: list[AgendaRow] = []
    for task in facts.tasks:
        if not task.ahead:
            continue
        if often(task):
            rows.append(
                _row(facts, task, first_of(task.ahead, 1)[0], last_of(task.ahead), count_of(task.ahead))
            )
        else:
            rows += [_row(facts, task, at, at, 1) for at in first_of(task.ahead, FEW)]
    return rows


def _row(facts: Facts, task: TaskFacts, first: int, last: int, count: int) -> AgendaRow:
    return AgendaRow(
        kind="due",
        at=format_date(first),
        first_at=format_date(first),
        last_at=format_date(last),
        group=facts.names.get(task.group_id, task.group_id),
        group_id=task.group_id,
        task=task.path,
        task_id=task.task_id,
        schedule=task.schedule,
        count=count,
        why=task.why if kept_from(task, first) else "",
        reason=task.reason if kept_from(task, first) else None,
    )


def number_due(tasks: Iterable[TaskFacts]) -> int:
    """How many due times nothing stands in the way of."""
    return sum(_number(task) for task in tasks)


def _number(task: TaskFacts) -> int:
    if not task.why:
        return count_of(task.ahead)
    if task.why_until is None:
        return 0
    minute = task.why_until // 60_000_000
    return sum(len(seconds) for each, seconds in task.ahead.items() if each > minute)
