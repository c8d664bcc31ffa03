"""The agenda as a person reads it: the past, a line for now, and what comes."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import clock
from atsn_tui.cli.text.rows import Row, print_rows
from atsn_tui.cli.text.runs import remark as run_remark
from atsn_tui.cli.text.runs import run_exit, run_state, took
from atsn_tui.node.agenda.views import AgendaRow, AgendaView
from atsn_tui.node.agenda.words import heading, remark, summary

_NO_SERVICE = "▲ no service runs, so nothing of this will run; start it with: atsn serve"


def print_agenda(console: Console, view: AgendaView) -> None:
    """Print the summary, what was, and what is to come."""
    of = "" if view.group is None else f"{view.group}: "
    console.print(Text(clean(f"{of}{summary(view, _minute)}"), style="bold"))
    console.print()
    _print(console, view, view.past, "nothing ran, and nothing was due")
    console.print(Text(f"── now, {clock(view.now)} ──", style="cyan"))
    if view.service == "stopped" and view.ahead:
        console.print(Text(_NO_SERVICE, style="yellow"))
    _print(console, view, view.ahead, "nothing is due")


def _print(console: Console, view: AgendaView, rows: Sequence[AgendaRow], otherwise: str) -> None:
    if rows:
        print_rows(console, ("WHEN", "STATE", "TASK"), [_row(row, view) for row in rows], elastic="TASK")
    else:
        console.print(otherwise)


def _row(row: AgendaRow, view: AgendaView) -> Row:
    if row.kind in ("together", "gap"):
        role = "yellow" if row.kind == "gap" else "cyan"
        words = "! gap" if row.kind == "gap" else "≡ together"
        return Row((_minute(row.at), Text(words, style=role), Text(heading(row, _minute), style=role)))
    name = row.task if view.group is not None else f"{row.group}/{row.task}"
    said = "; ".join(part for part in (remark(row, _minute), _of_run(row)) if part)
    return Row((clock(row.at), _state(row), name), said)


def _of_run(row: AgendaRow) -> str:
    return "" if row.run is None else run_remark(row.run)


def _state(row: AgendaRow) -> Text:
    if row.run is not None:
        exited = run_exit(row.run) if row.failed else ""
        exited = f"exit {exited}" if exited and row.run.signal is None else exited
        parts = [run_state(row.run).plain, exited, took(row.run) if row.count == 1 else ""]
        return Text(", ".join(part for part in parts if part), style=run_state(row.run).style)
    if row.kind == "skipped":
        return Text("– not run", style="yellow")
    return Text("○ will not" if row.why else "· due", style="yellow" if row.why else "")


def _minute(text: str) -> str:
    """Without the seconds, which only runs have."""
    said = clock(text)
    return said.rpartition(":")[0] if said.count(":") > 1 else said
