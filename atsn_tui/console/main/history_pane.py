"""The history of what is selected, read from the node; each change opens in full."""

from textual import on, work

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.main.about import About
from atsn_tui.console.main.describe_past import describe_past
from atsn_tui.console.main.history_list import HistoryList
from atsn_tui.errors import AtsnError
from atsn_tui.node.past.views import PastChange

_CHANGES = 200
"""Changes that are shown."""


class HistoryPane(HistoryList):
    """The changes of a group, or those that touched a task."""

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:
        super().__init__(desk.clock, id=id)
        self._desk = desk
        self._about: About | None = None

    def turn_to(self, about: About | None) -> None:
        """From now on show the history of something else."""
        self._about = about
        self.show_changes((), "Reading …")

    @work(group="changes", exclusive=True, exit_on_error=False)
    async def read(self) -> None:
        """Ask the node anew."""
        about = self._about
        if about is None:
            return
        with self._desk.reporting(self):
            try:
                changes = await self._changes(about)
            except AtsnError as error:  # such as a task that was deleted just now: no message each second
                self.show_changes((), visible(error.message))
                return
            if about == self._about:
                self.show_changes(changes, "Nothing was changed yet.")

    async def _changes(self, about: About) -> list[PastChange]:
        history = self._desk.node.history
        if about.task_id is None:
            return await history.list(about.group_id, _CHANGES)
        return await history.of_task(about.task_id, _CHANGES)

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        if self.current is not None:
            self._open_change(self.current.number)

    @work(group="change", exclusive=True, exit_on_error=False)
    async def _open_change(self, number: int) -> None:
        about = self._about
        if about is None:
            return
        with self._desk.reporting(self):
            details = await self._desk.node.history.show(about.group_id, number)
            blocks = describe_past(details, self._desk.clock)
            self.app.push_screen(Page(f"Change {number} of {details.group}", blocks))
