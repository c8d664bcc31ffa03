"""Runs, and due times that did not run, as a person reads them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from rich.console import Console
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import clock
from atsn_tui.cli.text.rows import Row, print_rows
from atsn_tui.cli.text.states import told
from atsn_tui.cli.text.tables import short_ids
from atsn_tui.model import states
from atsn_tui.model.words import plural, span
from atsn_tui.node.runs.views import DecisionView, RunView

Entry = RunView | DecisionView


def run_state(view: RunView) -> Text:
    """How a run stands, as a glyph and words."""
    return told(states.run_state(view.state, view.started_at is not None))


def run_exit(view: RunView) -> str:
    """How its program ended, as in `2` or `SIGKILL`; empty if it did not, or is no program."""
    if view.signal is not None:
        return states.signal_name(view.signal)
    return "" if view.exit_code is None else str(view.exit_code)


def took(view: RunView) -> str:
    """How long it ran, or has run so far."""
    return "" if view.duration_ms is None else span(view.duration_ms / 1000)


def trigger(view: RunView) -> str:
    """What made it run, in a word or two."""
    return states.trigger_words(view.trigger, view.who, view.attempt)


def remark(view: RunView) -> str:
    """What else there is to know: why, where the exit does not tell it, and notes."""
    told = {"", f"it exited with {view.exit_code}", f"it was ended by {run_exit(view)}"}
    return "; ".join([*([view.reason] if view.reason not in told else []), *view.notes])


def short(view: RunView) -> str:
    """A run in a few words, as in `✗ failed, exit 2, after 41 s`."""
    parts = [run_state(view).plain]
    if (exited := run_exit(view)) and view.state != "ok":
        parts.append(exited if view.signal is not None else f"exit {exited}")
    if length := took(view):
        parts.append(f"{'after' if view.ended_at else 'for'} {length}")
    text = ", ".join(parts)
    return clean(f"{text}: {remark(view)}" if remark(view) else text)


def moment_of(entry: Entry) -> datetime:
    """Where it stands in time: a run when it began, else when it was due."""
    if isinstance(entry, RunView):
        return datetime.fromisoformat(entry.started_at or entry.due_at)
    return datetime.fromisoformat(entry.last_at)


def in_order(runs: Iterable[RunView], skipped: Iterable[DecisionView], limit: int) -> list[Entry]:
    """Both together, latest first, and no more than `limit`."""
    entries: list[Entry] = [*runs, *skipped]
    return sorted(entries, key=moment_of, reverse=True)[:limit]


def folded(skipped: Iterable[DecisionView]) -> tuple[list[DecisionView], list[DecisionView]]:
    """What did not run and is worth a line each, and what did not because its task is disabled."""
    all_of_them = list(skipped)
    off = [each for each in all_of_them if each.kind == "disabled"]
    return [each for each in all_of_them if each.kind != "disabled"], off


def print_folded(console: Console, off: Sequence[DecisionView]) -> None:
    """Print one line about the due times of disabled tasks."""
    if off:
        count = len({(each.group_id, each.task_id) for each in off})
        console.print(
            f"– {plural(sum(each.count for each in off), 'due time')} of {plural(count, 'disabled task')} left out;"
            " to see them: atsn runs --skipped"
        )


def print_runs(console: Console, entries: Sequence[Entry], of: Literal["node", "group", "task"]) -> None:
    """Print what ran and what did not; `of` what they are tells how much of a name is needed."""
    if not entries:
        console.print("nothing has run, and nothing that was due was skipped")
        return
    ids = short_ids([entry.id for entry in entries if isinstance(entry, RunView)])
    rows = []
    for entry in entries:
        when = clock(moment_of(entry).isoformat())
        name = f"{entry.group}/{entry.task}" if of == "node" else entry.task
        named = () if of == "task" else (name,)
        if isinstance(entry, RunView):
            state: tuple[str | Text, ...] = (run_state(entry), run_exit(entry), took(entry), trigger(entry))
            rows.append(Row((when, *named, *state, ids[entry.id]), remark(entry)))
        else:
            rows.append(Row((when, *named, Text("– skipped"), "", "", entry.trigger, ""), reason(entry)))
    names = () if of == "task" else ("TASK",)
    columns = ("WHEN", *names, "RESULT", "EXIT", "TOOK", "BY", "ID")
    print_rows(console, columns, rows, elastic="BY" if of == "task" else "TASK")


def reason(view: DecisionView) -> str:
    """Why it did not run, and how often."""
    if view.count == 1:
        return view.text
    more = "" if view.exact else "at least "
    return f"{view.text}; {more}{plural(view.count, 'time')} since {clock(view.first_at)}"
