"""The list of the agenda: only what is in sight is drawn."""

from collections.abc import Callable, Hashable, Sequence

from rich.cells import cell_len

from atsn_tui.console.agenda.lines import Day, Item, Now, draw, name_of
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import fit
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.times import Clock
from atsn_tui.node.agenda.views import AgendaRow

NOW = ("now",)
"""The key of the line between past and future."""


class AgendaList(LineList[Item]):
    """Days, rows, and the line for now."""

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:
        super().__init__(id=id, empty="Reading …")
        self._clock = clock
        self.named = True
        """Whether rows are of several groups."""
        self._longest = 0

    def show(self, items: Sequence[Item]) -> None:
        """Show other lines, their names as wide as the longest needs."""
        names = {name_of(item, self.named) for item in items if isinstance(item, AgendaRow)}
        self._longest = max(map(cell_len, names), default=0)
        super().show(items)

    def key_of(self, item: Item) -> Hashable:
        """What a row is about, and where it stands unless it stands for many."""
        if isinstance(item, Day):
            return ("day", item.text)
        if isinstance(item, Now):
            return NOW
        run = item.run.id if item.run is not None and item.count == 1 else ""
        place = item.at if item.count == 1 or not item.task_id else ""
        return (item.kind, item.group_id, item.task_id, run, place)

    def can_select(self, item: Item) -> bool:
        """Everything but days."""
        return not isinstance(item, Day)

    def draw(self, item: Item, width: int) -> list[Line]:
        """One line."""
        if isinstance(item, Day):
            return [[(item.text, "title")]]
        if isinstance(item, Now):
            return [[(fit(f"── {item.text} {'─' * width}", width).replace("…", "─"), "accent")]]
        return [draw(item, self._clock, width, self.named, self._longest)]

    def go(self, wanted: Callable[[AgendaRow], bool], by: int) -> bool:
        """Put the cursor on the next row in that direction for which `wanted` holds, all around; False: none does."""
        count = len(self.items)
        for distance in range(1, count + 1):
            place = (self.cursor + by * distance) % count
            item = self.items[place]
            if isinstance(item, AgendaRow) and wanted(item):
                self.cursor = place
                return True
        return False

    def go_to_now(self) -> None:
        """Put the cursor on the line for now, in the middle of the view."""
        if self.select(NOW):
            self.scroll_to(y=max(0, self.cursor - self.size.height // 2), animate=False, force=True)
