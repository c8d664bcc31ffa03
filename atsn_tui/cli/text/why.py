"""Why a task runs or does not run, in plain sentences."""

import shlex

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import clock, full, moment
from atsn_tui.cli.text.rows import Row, print_rows
from atsn_tui.cli.text.runs import moment_of, reason, short, trigger
from atsn_tui.node.runs.views import RunView, WhyView


def print_why(console: Console, view: WhyView) -> None:
    """Print what stands in the way, when it is due, how it ran, and when it did not."""
    console.print(Text(clean(f"{view.task}: {view.schedule}"), style="bold"))
    console.print()
    if view.obstacles:
        for obstacle in view.obstacles:
            _line(console, Text(f"✗ {clean(obstacle)}", style="red"))
    else:
        _line(console, Text("✓ nothing stands in its way", style="green"))
    if view.also_in is not None:
        what = f"▲ cron runs it too, by {view.also_in}: take the line out there, or disable the task"
        _line(console, Text(clean(what), style="yellow"))
    for note in view.notes:
        _line(console, Text(f"! {clean(note)}", style="yellow"))
    _line(console, Text(f"next due: {_next(view)}"))
    _line(console, Text(f"last run: {_last(view.last)}"))
    if not view.decisions:
        return
    console.print()
    console.print("It did not run:")
    rows = [Row((clock(each.last_at), reason(each))) for each in view.decisions]
    print_rows(console, ("WHEN", "WHY"), rows, elastic="WHY")


def _next(view: WhyView) -> str:
    if view.next_at is None:
        return "no time is known"
    return clean(f"{full(view.next_at)}, {moment(view.next_at)}")


def _last(view: RunView | None) -> str:
    if view is None:
        return "none yet on this node"
    when = full(moment_of(view).isoformat())
    output = f"; what it printed: atsn log {shlex.quote(view.id[:8])}"
    return clean(f"{when}, {trigger(view)}: {short(view)}{output}")


def _line(console: Console, text: Text) -> None:
    console.print(Padding(text, (0, 0, 0, 2), expand=False))
