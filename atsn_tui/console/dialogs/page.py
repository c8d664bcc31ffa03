"""A page to read: help, one change in full, messages, this node's key."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from atsn_tui.console.dialogs.sheet import Sheet
from atsn_tui.console.footer import Key
from atsn_tui.console.lists.document import LABEL_WIDTH, Block


class Page(Sheet[None]):
    """Blocks to read and scroll; `copy` is what `y` puts on the clipboard."""

    WIDEST = 100

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark", "close", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(
        self, title: str, blocks: Sequence[Block], *, copy: str | None = None, label: int = LABEL_WIDTH
    ) -> None:
        keys: list[Key] = [("esc", "Close", "screen.close")]
        if copy is not None:
            keys.insert(0, ("y", "Copy", "screen.copy"))
        super().__init__(title, blocks, keys, label=label)
        self._copy = copy

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """Copy through the terminal."""
        if self._copy is not None:
            self.app.copy_to_clipboard(self._copy)
            self.app.notify("Copied.", markup=False)
