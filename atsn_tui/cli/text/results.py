"""A diff or a cycle as a person reads it: each link, its changes, and what stands in their way."""

import shlex
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import moment
from atsn_tui.cli.text.states import state
from atsn_tui.cli.text.values import value
from atsn_tui.model.brake import Brake
from atsn_tui.model.result import Applied, ChangeView, FieldChange, LinkResult
from atsn_tui.node.links.change_words import left_alone_words, overwrites, why_words

_SIGNS = {
    "add": ("+", "green"),
    "update": ("~", "yellow"),
    "settings": ("~", "yellow"),
    "delete": ("−", "red"),
}

_IN_HEADING = ("name", "folder")
"""Fields of a new record that its heading has told."""


def print_results(console: Console, results: Sequence[LinkResult], changes: bool = True) -> None:
    """Print every link's result, with an empty line between them; its changes only if asked for."""
    for index, result in enumerate(results):
        if index and changes:
            console.print()
        print_result(console, result, changes)


def print_result(console: Console, result: LinkResult, changes: bool = True) -> None:
    """Print one link's result."""
    arrow = "→" if result.direction == "push" else "←"
    heading = Text(f"{clean(result.group)} {arrow} {clean(result.peer)}", style="bold")
    heading = Text.assemble(heading, f"  {result.direction}, {result.mode}  ", state(result.state))
    _line(console, heading, 0)
    if changes:
        _print_changes(console, result)
    if result.state == "applied":
        _line(console, Text(f"✓ {_counted(result.applied)}", style="green"), 2)
    for brake in result.brakes:
        _line(console, Text(f"‖ {_held(result)}: {clean(brake.text)}", style="yellow"), 2)
    if result.brakes:
        _line(console, Text(f"to let it pass: {_let_pass(result)}"), 2)
    if result.error is not None and not (result.state == "held" and result.brakes):
        first, *rest = clean(result.error.message, keep_lines=True).split("\n")
        _line(console, Text(f"✗ {first}", style="red"), 2)
        for line in rest:
            _line(console, Text(line, style="red"), 4)


def print_changes(console: Console, changes: Sequence[ChangeView]) -> None:
    """Print changes without a link."""
    _print_each(console, changes, None)


def summary(results: Iterable[LinkResult]) -> str:
    """What all links lack together, as in `3 changes on 2 of 4 links`."""
    all_results = list(results)
    differing = [result for result in all_results if result.changes]
    changes = _plural(sum(len(result.changes) for result in differing), "change")
    return f"{changes} on {len(differing)} of {_plural(len(all_results), 'link')}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _print_changes(console: Console, result: LinkResult) -> None:
    _print_each(console, result.changes, result)
    for conflict in result.conflicts:
        _line(
            console,
            Text(f"! {clean(conflict.name)}  {_why(conflict, result)}: left as it is", style="yellow"),
            2,
        )
    if left := left_alone_words(result):
        _line(console, Text(clean(left)), 2)
    for note in result.notes:
        _line(console, Text(f"note: {clean(note)}"), 2)


def _print_each(console: Console, changes: Sequence[ChangeView], result: LinkResult | None) -> None:
    width = min(max((len(_heading(change)) for change in changes), default=0), 36)
    for change in changes:
        _print_change(console, change, result, width)


def _heading(change: ChangeView) -> str:
    return f"{clean(change.name)} (settings)" if change.op == "settings" else clean(change.name)


def _print_change(console: Console, change: ChangeView, result: LinkResult | None, width: int) -> None:
    new = change.why == "missing here" or change.op == "add"
    gone = change.op == "delete"
    sign, style = _SIGNS["add" if new else change.op]
    why = (f"  ! {_why(change, result)}", "red") if overwrites(change) else f"  {_why(change, result)}"
    line = Text.assemble((f"{sign} {_heading(change).ljust(width)}", style), why)
    _line(console, line, 2)
    for field in change.fields:
        if not ((new or gone) and field.field in _IN_HEADING):
            _print_field(console, field, new, gone)


def _print_field(console: Console, field: FieldChange, new: bool, gone: bool) -> None:
    """A field from and to; of a new record only what it is, of a deleted one only what it was."""
    name = clean(field.field)
    before, after = value(field.before), value(field.after)
    short = f"{name}  {after}" if new else f"− {name}  {before}" if gone else f"{name}  {before} → {after}"
    if "\n" not in short and (new or gone or len(short) + 6 <= console.width):
        _line(console, Text(short, style="red" if gone else ""), 6)
        return
    _line(console, Text(name), 6)
    blocks = [] if new else [("−", before, "red")]
    blocks += [] if gone else [("+", after, "green")]
    for sign, block, style in blocks:
        for line in block.split("\n"):
            _line(console, Text(f"{sign} {line}", style=style), 8)


def _why(change: ChangeView, result: LinkResult | None) -> str:
    said = clean(why_words(change, result) if result else change.why)
    if overwrites(change):
        return f"{said} from {moment(change.replaced_at)}"
    if change.op == "delete":
        return f"{said}, last changed {moment(change.replaced_at)}" if change.replaced_at else said
    if change.modified_at is None or change.why == "missing here":
        return said
    return f"{said}, {moment(change.modified_at)}"


def _counted(applied: Applied) -> str:
    parts = [f"{applied.added} added", f"{applied.updated} updated", f"{applied.deleted} deleted"]
    return ", ".join([*parts, "settings"] if applied.settings else parts)


def _held(result: LinkResult) -> str:
    return "held" if result.state == "held" else "would be held"


def _let_pass(result: LinkResult) -> str:
    words = [
        "atsn",
        "replicate",
        result.group,
        "--peer",
        result.peer,
        "--yes",
        *_allowances(result.brakes, result),
    ]
    return clean(shlex.join(words))


def _allowances(brakes: Iterable[Brake], result: LinkResult) -> list[str]:
    options: list[str] = []
    for brake in brakes:
        words = {
            "restored": ["--allow-restored"],
            "future": ["--allow-future"],
            "other_primary": ["--allow-other-primary"],
        }.get(brake.code, ["--allow-deletions", str(result.deletions)])
        if words[0] not in options:
            options.extend(words)
    return options


def _line(console: Console, text: Text, indent: int) -> None:
    console.print(Padding(text, (0, 0, 0, indent), expand=False))
