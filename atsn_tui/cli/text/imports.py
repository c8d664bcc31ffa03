"""What an import did, as a person reads it."""

import shlex
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from atsn_tui.cli.text.clean import clean, one_line
from atsn_tui.cli.text.results import print_result
from atsn_tui.cli.text.tables import table
from atsn_tui.cli.text.takeover import print_taken
from atsn_tui.home.crontab_files import place_of
from atsn_tui.model.words import plural
from atsn_tui.node.files.views import CrontabImport, ImportedLine, SnapshotImport
from atsn_tui.node.takeover.views import TakeOverView


def print_import(console: Console, outcomes: Sequence[CrontabImport | SnapshotImport | TakeOverView]) -> None:
    """Print what became of each file."""
    for index, outcome in enumerate(outcomes):
        if index:
            console.print()
        if isinstance(outcome, CrontabImport):
            _print_crontab(console, outcome)
            if outcome.added and not outcome.enabled:
                _print_how_to_enable(console, outcome)
        elif isinstance(outcome, TakeOverView):
            _print_crontab(console, outcome.imported)
            print_taken(console, outcome)
        else:
            print_result(console, outcome.result)


def _print_crontab(console: Console, outcome: CrontabImport) -> None:
    into = "" if _no_group(outcome) else f"{clean(outcome.group)} ← "
    console.print(Text(f"{into}{clean(outcome.source)}  {outcome.format}", style="bold"))
    changed = [_row("+", "green", each, one_line(each.command)) for each in outcome.added]
    changed += [_row("~", "yellow", each, f"changed: {', '.join(each.fields)}") for each in outcome.updated]
    changed += [
        _row("?", "yellow", each, "its line is gone from the file: kept") for each in outcome.vanished
    ]
    changed += [_row("−", "", each, "was deleted here: left out") for each in outcome.deleted_here]
    if changed:
        console.print(table(("", "TASK", "SCHEDULE", ""), changed, whole=("",)))
        _print_done(console, outcome)
    count = len(outcome.unchanged)
    if not changed and not count:
        console.print(f"  {_nothing(outcome)}")
    if count:
        console.print(f"  {count} {'job is' if count == 1 else 'jobs are'} unchanged and left alone")


def _no_group(outcome: CrontabImport) -> bool:
    """Whether there is no group, nor would be one."""
    return outcome.group_id is None and not outcome.added


def _nothing(outcome: CrontabImport) -> str:
    """Why an import has come to nothing."""
    done = "would be" if outcome.dry_run else "was"
    why = f"nothing {done} imported: no line of it is a job" if outcome.rejected else "there is no job in it"
    return f"{why}, so no group {done} made" if _no_group(outcome) else why


def _print_done(console: Console, outcome: CrontabImport) -> None:
    counts = f"{plural(len(outcome.added), 'task')} added, {len(outcome.updated)} updated"
    console.print(f"  nothing is imported yet; it would be {counts}" if outcome.dry_run else f"  ✓ {counts}")


def _row(sign: str, style: str, line: ImportedLine, what: str) -> tuple[Text, str, str, str]:
    return Text(f"  {sign}", style=style), line.task, line.schedule, what


def _print_how_to_enable(console: Console, outcome: CrontabImport) -> None:
    first = f"{outcome.group}/{outcome.added[0].task}"
    console.print()
    console.print(
        "The new tasks are disabled, because cron still runs the originals. When you have taken them"
    )
    console.print("out of the crontab, enable them, one by one or several at once:")
    console.print(f"  atsn task enable {clean(shlex.quote(first))}", soft_wrap=True)
    if place_of(outcome.source) is not None:
        console.print("or let all of them change hands at once, with the option --take-over")
