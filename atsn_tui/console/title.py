"""The line above a part of a screen: what it shows, and a side note."""

from textual.content import Content
from textual.widget import Widget

from atsn_tui.console.look.roles import ROLE_STYLES, Line
from atsn_tui.console.look.wrapping import spread


class TitleLine(Widget):
    """One line with a left and a right end."""

    DEFAULT_CSS = "TitleLine { height: 1; padding: 0 1; text-wrap: nowrap; color: $ink; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left: Line = []
        self._right: Line = []

    def show(self, left: Line, right: Line | None = None) -> None:
        """Replace both ends; text from elsewhere must have been made visible."""
        if (left, right or []) != (self._left, self._right):
            self._left, self._right = left, right or []
            self.refresh()

    @property
    def plain(self) -> str:
        """The line as text."""
        return "".join(text for text, _ in spread(self._left, self._right, self.size.width))

    def render(self) -> Content:
        """The line, as far as it fits."""
        cells = spread(self._left, self._right, self.size.width) if self._right else self._left
        return Content.assemble(*((text, ROLE_STYLES[role]) for text, role in cells))
