"""The history of a group, and undoing, as a person reads them."""

import shlex
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import clock, full
from atsn_tui.cli.text.results import print_changes
from atsn_tui.cli.text.rows import Row, print_rows
from atsn_tui.cli.text.tables import facts
from atsn_tui.model.words import plural
from atsn_tui.node.past.views import ChangeDetails, Difference, PastChange, UndoView


def print_history(console: Console, group: str, changes: Sequence[PastChange]) -> None:
    """Print the changes of a group."""
    if not changes:
        console.print("nothing was changed yet")
        return
    rows = [
        Row((str(each.number), clock(each.at), each.who, each.source, what(each)), "") for each in changes
    ]
    print_rows(console, ("N", "WHEN", "WHO", "FROM", "WHAT"), rows, elastic="WHAT")
    word = shlex.quote(clean(group))
    console.print(
        Text(f"\nto see one: atsn history {word} N; to go back to one: atsn undo {word} --to N", style="dim"),
        soft_wrap=True,
    )


def what(change: PastChange) -> str:
    """What a change was, in a few words."""
    kind = {"apply": "replicated", "import": "", "undo": "undone", "edit": ""}[change.kind]
    removed = " (the whole group)" if change.digest is None else ""
    text = f"{kind}: {change.summary}" if kind else change.summary
    count = f" [{change.records}]" if change.records > 1 else ""
    return f"{text}{removed}{count}"


def print_change(console: Console, details: ChangeDetails) -> None:
    """Print one change with all its fields."""
    change = details.change
    pairs = [
        ("change", f"{change.number} of {details.group}"),
        ("at", full(change.at)),
        ("by", change.who),
        ("from", change.source),
        ("what", what(change)),
        ("cycle", change.cycle),
        ("digest", change.digest or "none: it removed the group"),
    ]
    console.print(facts(pairs))
    console.print()
    print_changes(console, details.changes)


def print_difference(console: Console, difference: Difference) -> None:
    """Print what is different between two states."""
    heading = f"{difference.group}  change {difference.older} → {difference.newer}"
    console.print(Text(clean(heading), style="bold"))
    print_changes(console, difference.changes)
    if not difference.changes:
        console.print("  ✓ nothing is different", style="green")


def print_undo(console: Console, view: UndoView) -> None:
    """Print what an undo would change."""
    console.print(Text(clean(f"{view.group}  back to change {view.to}"), style="bold"))
    if not view.changes:
        console.print("  ✓ nothing to undo: it is as it was then", style="green")
    print_changes(console, view.changes)
    for note in view.notes:
        console.print(Text(clean(f"  note: {note}")), soft_wrap=True)


def undone(view: UndoView) -> str:
    """That it was done, and how to take it back."""
    word = shlex.quote(view.group)
    told = f"{view.group} is as it was after change {view.to}: {plural(len(view.changes), 'record')}"
    paused = (
        f". This node takes nothing more from peers for it until: atsn release {word}" if view.kept_by else ""
    )
    return f"{told}{paused}" if paused else f"{told}; to take that back: atsn undo {word}"
