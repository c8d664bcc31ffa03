"""What a test of a peer found."""

from rich.console import Console
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.tables import table
from atsn_tui.node.peers.views import PeerTest

_MARKS = {True: ("✓ ok", "green"), False: ("✗ fails", "red"), None: ("– not tried", "dim")}


def print_steps(console: Console, test: PeerTest) -> None:
    """Print each step, whether it worked, and what was seen."""
    rows = [(Text(*_MARKS[step.ok]), step.name, clean(step.detail, keep_lines=True)) for step in test.steps]
    console.print(table(("", "STEP", "SEEN"), rows, whole=("", "STEP")))
