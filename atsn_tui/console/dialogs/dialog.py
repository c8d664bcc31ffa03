"""What every dialog and form has in common: how it covers the screen below, and that esc leaves it."""

from typing import Generic, TypeVar

from textual.screen import ModalScreen

T = TypeVar("T")


class Dialog(ModalScreen[T], Generic[T]):
    """Stands in the middle; where the screen is too narrow to show more than shreds beside it, alone."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $canvas 60%; }
    Dialog.-narrow { background: $canvas; }
    """

    def action_copy_text(self) -> None:
        """Ctrl+C: copy what the mouse has marked, else say how to leave."""
        if self.get_selected_text() is None:
            self.app.notify("To leave this, press esc.", markup=False)
        else:
            super().action_copy_text()
