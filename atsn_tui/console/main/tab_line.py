"""The line above the details: which tab is shown, of what, and which others there are."""

from typing import Literal

from rich.cells import cell_len
from textual import events
from textual.message import Message

from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.title import TitleLine

Tab = Literal["details", "runs", "output", "history"]


_TITLES: dict[Tab, str] = {"details": "Details", "runs": "Runs", "output": "Output", "history": "History"}


_ROOMY = 60
"""From so many cells on, tabs stand two cells apart."""


class TabLine(TitleLine):
    """The name of the tab and its subject, and at the right end the tabs; each can be clicked."""

    class Clicked(Message):
        """A tab was clicked."""

        def __init__(self, tab: Tab) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._current: Tab = "details"
        self._subject = ""
        self._tabbed = False

    def show_tabs(self, current: Tab, subject: str, tabbed: bool) -> None:
        """Name the tab and what it is about; without `tabbed` there are no others."""
        self._current, self._subject, self._tabbed = current, visible(subject), tabbed
        right: Line = []
        for tab, key, title in self._offered():
            taken = tab == current
            right.append((f"{self._gap}{key} ", "title" if taken else "accent"))
            right.append((title, "title" if taken else "muted"))
        self.show([(_TITLES[current], "title"), (f"  {self._subject}", "ink")], right)

    def _offered(self) -> list[tuple[Tab, str, str]]:
        """The tabs at the right end; where room is short, without the one that is named at the left."""
        every = [(tab, str(number), title) for number, (tab, title) in enumerate(_TITLES.items(), 1)]
        others = [each for each in every if each[0] != self._current]
        left = cell_len(f"{_TITLES[self._current]}  {self._subject}")
        offered = every if left + sum(map(self._cells, every)) < self.size.width else others
        return offered if self._tabbed else []

    @property
    def _gap(self) -> str:
        """What stands before each tab: less where the subject needs the room."""
        return "  " if self.size.width >= _ROOMY else " "

    def _cells(self, offered: tuple[Tab, str, str]) -> int:
        return len(f"{self._gap}{offered[1]} {offered[2]}")

    def on_resize(self) -> None:
        """Fit anew."""
        self.show_tabs(self._current, self._subject, self._tabbed)

    def on_click(self, event: events.Click) -> None:
        """Open the tab under the mouse."""
        place = self.size.width + 1
        for offered in reversed(self._offered()):
            place -= self._cells(offered)
            if event.x >= place:
                self.post_message(self.Clicked(offered[0]))
                return
