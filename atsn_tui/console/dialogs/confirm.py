"""A question with two answers."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from atsn_tui.console.dialogs.sheet import Sheet
from atsn_tui.console.lists.document import Block

RECENT = 0.7
"""Seconds for which `enter` does not answer."""


class Confirm(Sheet[bool]):
    """Dismissed with True by `y`, or by `enter` once there was time to see what is asked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("enter", "enter", show=False, priority=True),
        Binding("n,escape", "answer(False)", show=False),
    ]

    def __init__(self, title: str, blocks: Sequence[Block], yes: str, no: str = "Cancel") -> None:
        keys = (("y", yes, "screen.answer(True)"), ("n", no, "screen.answer(False)"))
        super().__init__(title, blocks, keys)
        self.fresh = True
        """It has only just come up."""

    def on_mount(self) -> None:
        """An enter that was meant for the form before, as over a slow line, must not answer this."""
        super().on_mount()
        self.set_timer(RECENT, self._seen)

    def _seen(self) -> None:
        self.fresh = False

    def action_enter(self) -> None:
        """Close with yes."""
        if not self.fresh:
            self.dismiss(True)

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)
