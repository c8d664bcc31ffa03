"""The links of a peer."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.times import Clock
from atsn_tui.console.main.link_list import LinkList, heading
from atsn_tui.console.title import TitleLine
from atsn_tui.model.words import plural
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.views import LinkView


class LinkPane(Vertical):
    """Title, column titles and the list."""

    DEFAULT_CSS = "LinkPane { height: 1fr; }"

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock

    def compose(self) -> ComposeResult:
        """Two lines above the list."""
        yield TitleLine(id="link-title")
        yield TitleLine(id="link-columns")
        yield LinkList(self._clock, id="links")

    @property
    def list(self) -> LinkList:
        """The list itself."""
        return self.query_one(LinkList)

    def show(self, peer: PeerView, links: Sequence[LinkView]) -> None:
        """Show the links with a peer."""
        self.query_one("#link-title", TitleLine).show(
            [("Links with ", "muted"), (visible(peer.name), "strong")],
            [(plural(len(links), "link"), "muted")],
        )
        self.list.show(links)
        self._retitle()

    def on_resize(self) -> None:
        """Share the width out anew."""
        self.call_after_refresh(self._retitle)

    def _retitle(self) -> None:
        self.query_one("#link-columns", TitleLine).show(heading(self.list.text_width - 1))
