"""A question with two answers."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from atsn_tui.console.dialogs.sheet import Sheet
from atsn_tui.console.lists.document import Block


class Confirm(Sheet[bool]):
    """Dismissed with True only by the key `y`; `enter` answers nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape", "answer(False)", show=False),
    ]

    def __init__(self, title: str, blocks: Sequence[Block], yes: str, no: str = "Cancel") -> None:
        keys = (("y", yes, "screen.answer(True)"), ("n", no, "screen.answer(False)"))
        super().__init__(title, blocks, keys)

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)
