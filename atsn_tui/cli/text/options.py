"""The options of a node, as text."""

from rich.console import Console

from atsn_tui.cli.text.tables import facts
from atsn_tui.cli.text.values import flattened, value
from atsn_tui.node.options import OptionsView


def print_options(console: Console, view: OptionsView) -> None:
    """Print every option with its value."""
    console.print(facts([(name, value(thing) or "–") for name, thing in flattened(view.options)]))
