"""The audit log as a person reads it."""

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import clock, full
from atsn_tui.cli.text.rows import Row, print_rows
from atsn_tui.cli.text.tables import facts
from atsn_tui.cli.text.values import value
from atsn_tui.node.past.views import AuditCheck, AuditView


def print_log(console: Console, entries: Sequence[AuditView]) -> None:
    """Print entries of the log."""
    if not entries:
        console.print("the log has no such entry")
        return
    rows = [
        Row((str(each.number), clock(each.at), each.who, each.source, each.action, told(each)))
        for each in entries
    ]
    print_rows(console, ("N", "WHEN", "WHO", "FROM", "ACTION", "WHAT"), rows, elastic="WHAT")


def told(entry: AuditView) -> str:
    """What was changed, in a few words."""
    text = f"{entry.name}: {entry.summary}" if entry.name and entry.summary else entry.name or entry.summary
    return f"{text} (change {entry.change})" if entry.change is not None else text


def print_entry(console: Console, entry: AuditView) -> None:
    """Print one entry with all that it holds."""
    pairs = [
        ("entry", str(entry.number)),
        ("at", full(entry.at)),
        ("by", entry.who),
        ("from", entry.source),
        ("action", entry.action),
        ("name", entry.name or None),
        ("id", entry.subject or None),
        ("what", entry.summary or None),
        ("change", None if entry.change is None else f"{entry.change} of group {entry.group_id}"),
        ("hash", entry.hash),
    ]
    console.print(facts(pairs))
    before, after = entry.before or {}, entry.after or {}
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            line = f"  {key}  {_shown(before.get(key))} → {_shown(after.get(key))}"
            console.print(Text(clean(line)), soft_wrap=True)


def print_check(console: Console, checked: AuditCheck) -> None:
    """Print what a verification came to."""
    for problem in checked.problems:
        where = "" if problem.number is None else f"entry {problem.number}: "
        console.print(Text(f"✗ {clean(where + problem.text)}", style="red"), soft_wrap=True)
    if checked.intact:
        entries = f"{checked.entries} entries, {checked.first} to {checked.head.number}"
        console.print(Text(f"✓ the log is as it was written: {entries}", style="green"), soft_wrap=True)
    console.print(
        Text(f"head: {checked.head}", style="dim"),
        soft_wrap=True,
    )


def _shown(thing: object) -> str:
    if isinstance(thing, dict) and thing.keys() == {"secret"}:
        return "(secret)"
    if isinstance(thing, str | bool) or thing is None:
        return value(thing)
    return msgspec.json.encode(thing).decode()
