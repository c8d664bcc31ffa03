"""Looking around: tabs, the agenda, filter and marks."""

from atsn_tui.console.agenda.screen import AgendaScreen, Place
from atsn_tui.console.main.refreshing import Refreshing


class Viewing(Refreshing):
    """Changes nothing on the node."""

    def action_agenda(self) -> None:
        """Open the agenda; what is opened there is selected here."""
        self.app.push_screen(AgendaScreen(self.desk), self._from_agenda)

    def _from_agenda(self, place: Place | None) -> None:
        if place is not None:
            self._go_to(place)

    def _go_to(self, place: Place) -> None:
        self.task_pane.end_filter()
        if not self.sidebar.select(("group", place.group_id)):
            self.desk.tell(self, "The group of this task is gone.", "warning")
            return
        self.select_soon(place.task_id)
        self.task_pane.list.focus()
        self.show_right()
        self.go_to_wanted()
        if place.run_id is not None:
            self.details.seek(place.run_id)

    def action_show_details(self) -> None:
        """Open the details."""
        self.details.open("details")

    def action_show_runs(self) -> None:
        """Open the runs."""
        self.details.open("runs")

    def action_show_output(self) -> None:
        """Open the output."""
        self.details.open("output")

    def action_show_history(self) -> None:
        """Open the history; once it is open, go into it."""
        details = self.details
        if details.tab == "history":
            details.history.focus()
        details.open("history")

    def action_filter(self) -> None:
        """Type a filter."""
        if self.selection.group is not None:
            self.task_pane.start_filter()

    def action_mark(self) -> None:
        """Mark a task."""
        pane = self.task_pane
        if pane.list.has_focus:
            pane.list.toggle_mark()
            pane.marks_changed()

    def action_mark_all(self) -> None:
        """Mark all tasks, or none."""
        pane = self.task_pane
        if self.selection.group is not None:
            pane.list.toggle_all_marks()
            pane.marks_changed()

    def action_copy(self) -> None:
        """Copy what is shown below the list."""
        details = self.details
        self.app.copy_to_clipboard(details.plain)
        self.desk.tell(self, f"Copied the {details.tab}.")

    def action_clear(self) -> None:
        """End the message, the filter, the marks, or go back to the groups."""
        pane = self.task_pane
        if self.desk.messages.dismiss() or pane.end_filter():
            return
        if pane.list.marked:
            pane.list.marked = set()
            pane.list.refresh()
            pane.marks_changed()
        else:
            self.sidebar.focus()
