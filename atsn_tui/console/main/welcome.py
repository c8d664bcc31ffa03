"""What a node without groups offers."""

from collections.abc import Hashable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.roles import Line


@dataclass(frozen=True)
class Offer:
    """Something to begin with."""

    action: str
    key: str
    title: str
    text: str


OFFERS = (
    Offer(
        "import_file",
        "i",
        "Import a crontab",
        "After a preview its jobs become tasks, switched off at first.",
    ),
    Offer(
        "join", "J", "Join with a line from another node", "Paste what atsn peer invite, or P, shows there."
    ),
    Offer("new_group", "N", "Create a group", "An empty group for your tasks, ready to be replicated."),
    Offer("new_peer", "p", "Connect a peer", "Exchange keys with another node, then link a group with it."),
    Offer("demo", " ", "See the demo", "Some nodes to play with: leave with q and type atsn demo."),
)


class OfferList(LineList[Offer]):
    """The offers, two lines and a gap each."""

    def key_of(self, item: Offer) -> Hashable:
        """The action."""
        return item.action

    def height_of(self, item: Offer) -> int:
        """Title, text and a gap."""
        return 3

    def draw(self, item: Offer, width: int) -> list[Line]:
        """The key, the title, and what it does."""
        return [[(f" {item.key}  ", "title"), (item.title, "strong")], [(f"    {item.text}", "muted")], []]


class Welcome(Vertical):
    """A friendly beginning."""

    DEFAULT_CSS = """
    Welcome { padding: 1 4; }
    Welcome #welcome-text { height: auto; margin: 1 1 2 1; color: $ink; }
    Welcome OfferList { height: 1fr; max-width: 76; }
    """

    def compose(self) -> ComposeResult:
        """A sentence and the offers."""
        yield Static(
            "This node keeps no groups yet. How do you want to begin?", id="welcome-text", markup=False
        )
        yield OfferList(id="offers")

    def on_mount(self) -> None:
        """Show the offers."""
        self.query_one(OfferList).show(OFFERS)
