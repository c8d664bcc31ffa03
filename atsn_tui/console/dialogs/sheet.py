"""The shape of dialogs that show text: a title, a page as high as its text, and a line of keys."""

from collections.abc import Sequence
from typing import Generic

from textual.app import ComposeResult
from textual.containers import Vertical

from atsn_tui.console.dialogs.dialog import Dialog, T
from atsn_tui.console.footer import Key, KeyLine
from atsn_tui.console.lists.document import LABEL_WIDTH, Block, Document, lay_out
from atsn_tui.console.look.plain import visible
from atsn_tui.console.title import TitleLine


class Sheet(Dialog[T], Generic[T]):
    """Shows blocks in the middle of the screen; a subclass answers."""

    WIDEST = 76
    """Cells; a narrower screen makes it narrower."""

    DEFAULT_CSS = """
    Sheet > Vertical { height: auto; background: $raised; }
    Sheet TitleLine { background: $panel; }
    """

    def __init__(
        self, title: str, blocks: Sequence[Block], keys: Sequence[Key], *, label: int = LABEL_WIDTH
    ) -> None:
        super().__init__()
        self._heading = visible(title)
        self._blocks = tuple(blocks)
        self._keys = tuple(keys)
        self._label = label

    def compose(self) -> ComposeResult:
        """Title, page, keys."""
        with Vertical():
            yield TitleLine()
            yield Document(self._blocks, label=self._label)
            yield KeyLine(self._keys)

    @property
    def page(self) -> Document:
        """The page itself."""
        return self.query_one(Document)

    def on_mount(self) -> None:
        """The keys scroll the page."""
        self.query_one(TitleLine).show([(self._heading, "title")])
        self.page.focus()
        self._fit()

    def on_resize(self) -> None:
        """Fit anew."""
        self._fit()

    def replace(self, blocks: Sequence[Block]) -> None:
        """Show other blocks."""
        self._blocks = tuple(blocks)
        self.page.show(self._blocks)
        self._fit()

    def _fit(self) -> None:
        width = min(self.WIDEST, self.app.size.width - 4)
        lines = lay_out(self._blocks, width - 3, self._label)
        self.query_one(Vertical).styles.width = width
        self.page.styles.height = min(len(lines) + 2, self.app.size.height - 4)
