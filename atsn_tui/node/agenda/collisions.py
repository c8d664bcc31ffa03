"""What falls together: tasks that begin in the same minute, and runs that begin while others are under way."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from atsn_tui.model.dates import SECOND, format_date, parse_date
from atsn_tui.node.agenda.ahead import free, often
from atsn_tui.node.agenda.facts import MINUTE, Facts
from atsn_tui.node.agenda.past import begun
from atsn_tui.node.agenda.views import AgendaRow, Busiest
from atsn_tui.schedule.minutes import Minutes

NAMED = 3
"""So many runs that are under way are named."""


class Busy(NamedTuple):
    """A run that is, was or will be under way."""

    start: int
    end: int
    name: str


def began_together(facts: Facts) -> Counter[int]:
    """How many tasks began in each minute of the past."""
    pairs = {
        (begun(run) // MINUTE, run.group_id, run.task_id) for run in facts.runs if run.started is not None
    }
    return Counter(minute for minute, _, _ in pairs)


def will_begin_together(facts: Facts) -> Counter[int]:
    """How many tasks will begin in each minute to come. Each timetable is looked at once, however many share it."""
    shared: dict[int, tuple[Minutes, int]] = {}
    for task in facts.tasks:
        if free(task) and task.ahead:
            before = shared.get(id(task.ahead), (task.ahead, 0))
            shared[id(task.ahead)] = (task.ahead, before[1] + 1)
    found: Counter[int] = Counter()
    for minutes, number in shared.values():
        for minute in minutes:
            found[minute] += number
    return found


def busiest(counts: Mapping[int, int]) -> Busiest | None:
    """The first minute in which most tasks begin, if that is more than one."""
    most = max(counts.values(), default=0)
    if most < 2:
        return None
    minute = min(minute for minute, count in counts.items() if count == most)
    return Busiest(at=format_date(minute * MINUTE), tasks=most)


def with_headings(rows: Iterable[AgendaRow], counts: Mapping[int, int]) -> list[AgendaRow]:
    """The rows in the order of time; several beginnings of one minute have a heading that counts all tasks in it."""
    ordered = sorted(rows, key=lambda each: (each.at, each.group, each.task))
    minutes = [parse_date(row.at) // MINUTE if _begins(row) else None for row in ordered]
    listed = Counter(minutes)
    found: list[AgendaRow] = []
    headed: set[int] = set()
    for row, minute in zip(ordered, minutes, strict=True):
        count = 0 if minute is None else counts.get(minute, 0)
        if minute is None or count < 2:
            found.append(row)
            continue
        if listed[minute] > 1 and minute not in headed:
            headed.add(minute)
            # What has come in this minute before and is no beginning stays above the heading.
            found.append(AgendaRow(kind="together", at=format_date(minute * MINUTE), count=count))
        found.append(replace(row, together=count))
    return found


def _begins(row: AgendaRow) -> bool:
    """Whether it is one beginning, at a moment of its own."""
    if row.count > 1 or row.why:
        return False
    return row.kind == "due" or (row.run is not None and row.run.started_at is not None)


def beside(rows: Sequence[AgendaRow], load: Iterable[Busy]) -> list[AgendaRow]:
    """The rows, each with the runs that are under way when it begins and began in an earlier minute.

    One sweep over all beginnings: `load` may hold many thousand runs.
    """
    waiting = sorted(load)
    place, under_way = 0, list[tuple[int, str]]()
    found: list[AgendaRow] = []
    for row in rows:
        if not _begins(row):
            found.append(row)
            continue
        at = parse_date(row.at)
        minute = at // MINUTE * MINUTE
        while place < len(waiting) and waiting[place].start < minute:
            heapq.heappush(under_way, (waiting[place].end, waiting[place].name))
            place += 1
        while under_way and under_way[0][0] <= at:
            heapq.heappop(under_way)
        names = tuple(sorted({name for _, name in under_way[:NAMED]}))
        found.append(replace(row, beside=len(under_way), beside_tasks=names) if under_way else row)
    return found


def were_busy(facts: Facts) -> list[Busy]:
    """The runs of the past."""
    return [
        Busy(run.started, facts.now if run.ended is None else run.ended, run.path)
        for run in facts.runs
        if run.started is not None
    ]


def will_be_busy(facts: Facts) -> list[Busy]:
    """The runs to come of tasks that are seldom due, as long as the latest of each took; and what still runs."""
    took: dict[tuple[str, str], int] = {}
    for run in sorted(facts.runs, key=begun):
        if run.started is not None and run.ended is not None:
            took[run.group_id, run.task_id] = run.ended - run.started
    found = [
        Busy(run.started, run.started + took.get((run.group_id, run.task_id), 0), run.path)
        for run in facts.runs
        if run.started is not None and run.ended is None
    ]
    for task in facts.tasks:
        length = took.get(task.key, 0)
        if length and free(task) and not often(task):
            found += [
                Busy(start, start + length, task.path)
                for minute, seconds in task.ahead.items()
                for start in (minute * MINUTE + seconds[0] * SECOND,)
            ]
    return found
