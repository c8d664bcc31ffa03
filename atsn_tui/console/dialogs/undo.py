"""What an undo would change, before it is done."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from atsn_tui.console.dialogs.sheet import Sheet
from atsn_tui.console.lists.document import Block


class UndoSheet(Sheet[bool]):
    """Dismissed with True only by the key that the replicate screen applies with."""

    WIDEST = 100

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "answer(True)", show=False),
        Binding("escape,q", "answer(False)", show=False),
    ]

    def __init__(self, title: str, blocks: Sequence[Block], pauses: bool) -> None:
        word = "Undo here all the same" if pauses else "Undo this"
        keys = (("a", word, "screen.answer(True)"), ("esc", "Cancel", "screen.answer(False)"))
        super().__init__(title, blocks, keys)

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)
