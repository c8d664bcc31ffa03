"""What the examination of a node found, as text."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.model.words import plural
from atsn_tui.node.doctor.check import Examination

SIGNS = {"ok": ("✓", "green"), "note": ("·", ""), "warning": ("▲", "yellow"), "problem": ("✗", "red")}
"""Glyph and style of each verdict."""


def print_examination(console: Console, found: Examination) -> None:
    """Print each finding with what to do, and what it comes to."""
    for each in found.findings:
        glyph, style = SIGNS[each.verdict]
        console.print(Text(f"{glyph} {each.topic}: {clean(each.text)}", style=style))
        if each.fix:
            console.print(Padding(Text(f"→ {clean(each.fix)}"), (0, 0, 0, 4), expand=False))
    console.print()
    counts = {verdict: sum(each.verdict == verdict for each in found.findings) for verdict in SIGNS}
    if found.healthy:
        console.print(Text("✓ nothing is wrong", style="green"))
        return
    told = [plural(counts[verdict], verdict) for verdict in ("problem", "warning") if counts[verdict]]
    glyph, style = SIGNS[found.verdict]
    console.print(Text(f"{glyph} {', '.join(told)}", style=style))
