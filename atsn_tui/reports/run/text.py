"""A mail about a run, as plain text."""

from atsn_tui.mail.legible import legible
from atsn_tui.reports.run.told import Told

_INDENT = "  "


def run_text(told: Told) -> str:
    """The whole text."""
    width = max(len(name) for name, _ in told.rows)
    parts = [
        f"{told.headline}\n",
        *(_row(name, value, width) for name, value in told.rows),
        *_notes(told.notes),
        _titled(told.output_title),
        legible(told.output.text),
    ]
    body = "\n".join(parts).rstrip("\n")
    return f"{body}\n\n-- \n" + "\n".join(told.footer) + "\n"


def _row(name: str, value: str, width: int) -> str:
    first, *rest = legible(value).split("\n")
    beside = " " * (len(_INDENT) + width + 2)
    return "\n".join([f"{_INDENT}{name.ljust(width)}  {first}", *(f"{beside}{line}" for line in rest)])


def _notes(notes: tuple[str, ...]) -> list[str]:
    return ["", *(f"{_INDENT}! {note}" for note in notes)] if notes else []


def _titled(title: str) -> str:
    return f"\n{title}\n{'-' * len(title)}" if title != "No output" else f"\n{title}"
