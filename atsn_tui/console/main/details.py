"""The details of what is selected."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from atsn_tui.console.lists.document import Block, Document
from atsn_tui.console.look.plain import visible
from atsn_tui.console.title import TitleLine


class Details(Vertical):
    """A title line and a page."""

    DEFAULT_CSS = """
    Details { height: 1fr; }
    Details #details-title { background: $panel; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._subject = ""

    def compose(self) -> ComposeResult:
        """The page, and the line above it."""
        yield TitleLine(id="details-title")
        yield Document(id="details-page")

    @property
    def page(self) -> Document:
        """The page itself."""
        return self.query_one(Document)

    def show(self, subject: str, blocks: Sequence[Block]) -> None:
        """Describe `subject`; a new subject is shown from its beginning."""
        self.query_one("#details-title", TitleLine).show(
            [("Details", "title"), (f"  {visible(subject)}", "ink")]
        )
        self.page.show(blocks, top=subject != self._subject)
        self._subject = subject
