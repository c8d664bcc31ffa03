"""What changed hands between cron and a node, as a person reads it."""

import shlex
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from atsn_tui.cli.text.clean import clean, one_line
from atsn_tui.cli.text.tables import table
from atsn_tui.home.crontab_files import UserCrontab, place_of
from atsn_tui.node.takeover import moment
from atsn_tui.node.takeover.hands import Step, quiet
from atsn_tui.node.takeover.views import GiveBackView, LeftLine, TakenLine, TakeOverView

_UNSURE = (
    "warning: writing the crontab took so long that a new minute began meanwhile: look whether what was due then"
    " ran once"
)


def told_while_waiting(as_json: bool) -> Step:
    """Says on a terminal why nothing happens for some seconds."""
    if as_json or not sys.stderr.isatty():
        return quiet

    async def told(step: str) -> None:
        seconds = moment.pause(time.time_ns() // 1000)
        if step == "waiting" and seconds >= 1:
            print(
                f"waiting {seconds:.0f} s until cron has read its crontabs for this minute", file=sys.stderr
            )

    return told


def print_taken(console: Console, view: TakeOverView) -> None:
    """Print what was taken over, or would be."""
    if view.taken:
        how = "taken over: commented out in the crontab, and run by their tasks"
        console.print(f"  {_counted(len(view.taken), view.dry_run)} {how}", soft_wrap=True)
        _print_lines(console, view.taken)
    if view.already:
        console.print(f"  taken over before: {len(view.already)}")
    _print_left(console, view.left, "left as they are")
    if not view.taken and not view.already:
        console.print("  nothing to take over")
    if view.backup:
        console.print(f"  backup: {clean(view.backup)}", soft_wrap=True)
        console.print(f"  to undo it: atsn give-back {_named(view.source)}", soft_wrap=True)
    if view.unsure:
        console.print(_UNSURE, soft_wrap=True)


def print_given(console: Console, views: Sequence[GiveBackView]) -> None:
    """Print what was given back, or would be."""
    if not views:
        console.print("Nothing is taken over from cron")
    for view in views:
        console.print(clean(view.source), style="bold", soft_wrap=True)
        if view.given:
            how = "given back: cron runs them, and their tasks are disabled"
            console.print(f"  {_counted(len(view.given), view.dry_run)} {how}", soft_wrap=True)
            _print_lines(console, view.given)
        _print_left(console, view.left, "left as they are")
        if view.backup:
            console.print(f"  backup: {clean(view.backup)}", soft_wrap=True)
        if view.unsure:
            console.print(_UNSURE, soft_wrap=True)


def _counted(count: int, dry_run: bool) -> str:
    lines = "1 line" if count == 1 else f"{count} lines"
    return f"{lines} would be" if dry_run else f"{lines} {'is' if count == 1 else 'are'}"


def _print_lines(console: Console, lines: Sequence[TakenLine]) -> None:
    rows = [(f"    {each.line}", one_line(each.text), each.task or "–") for each in lines]
    console.print(table(("    LINE", "", "TASK"), rows, whole=("    LINE",)))
    for each in lines:
        for note in each.notes:
            console.print(f"    line {each.line}: {clean(note)}", soft_wrap=True)


def _print_left(console: Console, lines: Sequence[LeftLine], title: str) -> None:
    if lines:
        console.print(f"  {title}:")
    for each in lines:
        console.print(f"    line {each.line}: {clean(each.why)}", soft_wrap=True)
        console.print(f"      {one_line(each.text)}", soft_wrap=True)


def _named(source: str) -> str:
    """What to type for a crontab."""
    place = place_of(source)
    return (
        f"--user {shlex.quote(place.user)}" if isinstance(place, UserCrontab) else shlex.quote(clean(source))
    )
