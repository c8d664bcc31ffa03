"""A node's identity, with the line to type on the other machine."""

from rich.console import Console

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.tables import facts
from atsn_tui.node.identity import peer_line
from atsn_tui.node.views import IdentityView


def print_identity(console: Console, view: IdentityView, made_in: str | None = None) -> None:
    """Print who the node is and how another node gets to know it."""
    if made_in is not None:
        console.print(clean(f"Node {view.name} is made, in {made_in}"), soft_wrap=True)
        console.print()
    pairs = [
        ("name", view.name),
        ("node id", view.node_id),
        ("listens on", view.listen or "no port: it connects to others, they do not connect to it"),
        ("version", f"{view.version}, protocol {view.protocol}"),
    ]
    console.print(facts(pairs))
    console.print()
    console.print(
        "To pair it with another node: the one that can be reached makes a line with atsn peer invite,"
    )
    console.print(
        "which the other one types. Or by hand; to make this node known to another one, type there:"
    )
    console.print()
    console.print(f"  {clean(peer_line(view))}", soft_wrap=True)
    console.print()
    console.print(
        "and add --grant pull to let it read that node's groups, --grant push to let it write them."
    )
