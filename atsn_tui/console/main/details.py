"""The lower part: tabs with what is selected in full, its runs, what a run prints, and its history."""

from collections.abc import Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.lists.document import Block, Document, Words
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.runs import decision_line
from atsn_tui.console.main.about import About
from atsn_tui.console.main.history_pane import HistoryPane
from atsn_tui.console.main.output_pane import OutputPane
from atsn_tui.console.main.run_list import RunList, newest_first
from atsn_tui.console.main.tab_line import Tab, TabLine
from atsn_tui.errors import AtsnError
from atsn_tui.node.runs.views import RunView

_SHOWN = 50
"""Runs, and due times that did not run."""


class Details(Vertical):
    """A title line, and below it one of a page, the runs, the output of a run, and the history."""

    DEFAULT_CSS = """
    Details { height: 1fr; }
    Details #details-title { background: $panel; }
    """

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.desk = desk
        self._wanted: Tab = "details"
        self._subject = ""
        self._about: About | None = None
        self._picked: str | None = None
        self._sought: str | None = None

    def compose(self) -> ComposeResult:
        """The line, and the parts of which one is shown."""
        yield TabLine(id="details-title")
        yield Document(id="details-page")
        yield RunList(self.desk.clock, id="runs")
        yield OutputPane(self.desk, id="output")
        yield HistoryPane(self.desk, id="history")

    def on_mount(self) -> None:
        """Begin with the page."""
        self._arrange()

    # Parts

    @property
    def page(self) -> Document:
        """The page of facts."""
        return self.query_one("#details-page", Document)

    @property
    def runs(self) -> RunList:
        """The list of runs."""
        return self.query_one(RunList)

    @property
    def output(self) -> OutputPane:
        """What a run printed."""
        return self.query_one(OutputPane)

    @property
    def history(self) -> HistoryPane:
        """The list of changes."""
        return self.query_one(HistoryPane)

    @property
    def tab(self) -> Tab:
        """The tab that is shown: what has no runs has one tab only."""
        return "details" if self._about is None else self._wanted

    @property
    def _parts(self) -> dict[Tab, Widget]:
        return {"details": self.page, "runs": self.runs, "output": self.output, "history": self.history}

    @property
    def plain(self) -> str:
        """What the tab shows, as text."""
        page = self.output if self.tab == "output" else self.page
        lists: dict[Tab, str] = {"runs": self.runs.plain, "history": self.history.plain}
        return lists.get(self.tab, page.plain)

    # Showing

    def show(self, subject: str, blocks: Sequence[Block], about: About | None = None) -> None:
        """Describe `subject`; a new subject is shown from its beginning."""
        self.page.show(blocks, top=subject != self._subject)
        self._subject = subject
        if about != self._about:
            self._about, self._picked = about, None
            self.output.forget()
            self.runs.show_runs((), "Reading …", named=False)
            self.history.turn_to(about)
            self.reload()
        self._arrange()

    def open(self, tab: Tab) -> None:
        """Show a tab; the output is that of the run under the cursor, if the list of runs has the focus."""
        run = self.runs.current
        if tab == "output" and self.runs.has_focus and isinstance(run, RunView):
            self._picked = run.id
        elif tab != "output":
            self._picked = None
        inside = self._parts[self.tab].has_focus
        self._wanted = tab
        self._arrange()
        if inside:
            self._parts[self.tab].focus()
        self.reload()

    def seek(self, run_id: str) -> None:
        """Show the runs, with the cursor on that one as soon as it is there."""
        self._sought = run_id
        self.open("runs")
        self.runs.focus()

    def _arrange(self) -> None:
        for tab, part in self._parts.items():
            part.display = tab == self.tab
        if self.tab != "output":
            self.output.forget()
        title = self.query_one(TabLine)
        title.show_tabs(self.tab, self._subject, self._about is not None)

    def tick(self) -> None:
        """Say anew how long something has been running."""
        if self.runs.display and self.runs.moving:
            self.runs.refresh()
        self.output.tick()

    @on(OutputPane.Ended)
    def reload(self) -> None:
        """Ask the node for the runs or changes anew, where they are shown."""
        if self.tab == "history":
            self.history.read()
        elif self.tab != "details":
            self._read_runs()

    @work(group="history", exclusive=True, exit_on_error=False)
    async def _read_runs(self) -> None:
        about, node = self._about, self.desk.node
        if about is None:
            return
        with self.desk.reporting(self):
            try:
                runs = await node.runs.list(about.group_id, about.task_id, _SHOWN)
                skipped = await node.runs.skipped(about.group_id, about.task_id, _SHOWN)
            except AtsnError as error:  # such as a task that was deleted just now: no message each second
                self.runs.show_runs((), visible(error.message), named=False)
                return
            if about == self._about:
                empty = "Nothing has run here yet."
                self.runs.show_runs(newest_first(runs, skipped), empty, named=about.task_id is None)
                if self._sought is not None and self.runs.select(self._sought):
                    self._sought = None
                self._show_output()

    @property
    def shown_run(self) -> RunView | None:
        """The run whose output is meant: the one that was opened, else the latest."""
        picked = [run for run in self.runs.runs if run.id == self._picked]
        return picked[0] if picked else self.runs.latest

    def _show_output(self) -> None:
        if self.tab == "output":
            self.output.show_run(self.shown_run, self._about is not None and self._about.task_id is None)

    # Mouse and keys

    @on(TabLine.Clicked)
    def _clicked(self, event: TabLine.Clicked) -> None:
        event.stop()
        self.open(event.tab)

    @on(LineList.Chosen, "#runs")
    def _opened(self, event: LineList.Chosen) -> None:
        event.stop()
        entry = self.runs.current
        if isinstance(entry, RunView):
            self._picked = entry.id
            self._wanted = "output"
            self._arrange()
            self.output.focus()
            self._show_output()
        elif entry is not None:
            clock = self.desk.clock
            blocks: list[Block] = [
                Words(decision_line(entry)),
                Words(f"It was due {clock.both(entry.last_at)}.", "muted"),
            ]
            self.app.push_screen(Page(f"{entry.task} did not run", blocks))
