"""The lower part: what is selected in full, its runs, what a run prints, and its history."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.lists.document import Block, Document, Verbatim, Words
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.runs import decision_line, run_line, run_sign, under_way
from atsn_tui.console.main.describe_past import describe_past
from atsn_tui.console.main.history_list import HistoryList
from atsn_tui.console.main.run_list import RunList, newest_first
from atsn_tui.console.main.tab_line import Tab, TabLine
from atsn_tui.console.main.tail import Tail
from atsn_tui.errors import AtsnError
from atsn_tui.node.runs.views import RunView

_SHOWN = 50
"""Runs, and due times that did not run."""

_CHANGES = 200
"""Changes in the history."""


@dataclass(frozen=True)
class About:
    """Whose runs are shown: a task's, or all of a group."""

    group_id: str
    task_id: str | None = None


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
        self._followed: str | None = None
        self._tail = Tail()
        self._fault = ""

    def compose(self) -> ComposeResult:
        """The line, and the parts of which one is shown."""
        yield TabLine(id="details-title")
        yield Document(id="details-page")
        yield RunList(self.desk.clock, id="runs")
        yield Document(id="output")
        yield HistoryList(self.desk.clock, id="history")

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
    def output(self) -> Document:
        """What a run printed."""
        return self.query_one("#output", Document)

    @property
    def history(self) -> HistoryList:
        """The list of changes."""
        return self.query_one(HistoryList)

    @property
    def tab(self) -> Tab:
        """The tab that is shown: what has no runs has one tab only."""
        return "details" if self._about is None else self._wanted

    @property
    def _part(self) -> Widget:
        parts: dict[Tab, Widget] = {
            "details": self.page,
            "runs": self.runs,
            "output": self.output,
            "history": self.history,
        }
        return parts[self.tab]

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
            self._forget()
            self.runs.show_runs((), "Reading …", named=False)
            self.history.show_changes((), "Reading …")
            self.reload()
        self._arrange()

    def open(self, tab: Tab) -> None:
        """Show a tab; the output is that of the run under the cursor, if the list of runs has the focus."""
        run = self.runs.current
        if tab == "output" and self.runs.has_focus and isinstance(run, RunView):
            self._picked = run.id
        elif tab != "output":
            self._picked = None
        inside = self._part.has_focus
        self._wanted = tab
        self._arrange()
        if inside:
            self._part.focus()
        self.reload()

    def seek(self, run_id: str) -> None:
        """Show the runs, with the cursor on that one as soon as it is there."""
        self._sought = run_id
        self.open("runs")
        self.runs.focus()

    def _arrange(self) -> None:
        for part in (self.page, self.runs, self.output, self.history):
            part.display = part is self._part
        if self.tab != "output":
            self._forget()
        title = self.query_one(TabLine)
        title.show_tabs(self.tab, self._subject, self._about is not None)

    def tick(self) -> None:
        """Say anew how long something has been running."""
        if self.runs.display and self.runs.moving:
            self.runs.refresh()
        if self.output.display and under_way(self.shown_run):
            self._show_output()

    def reload(self) -> None:
        """Ask the node for the runs or changes anew, where they are shown."""
        if self.tab == "history":
            self._read_changes()
        elif self.tab != "details":
            self._read_runs()

    @work(group="changes", exclusive=True, exit_on_error=False)
    async def _read_changes(self) -> None:
        about, history = self._about, self.desk.node.history
        if about is None:
            return
        with self.desk.reporting(self):
            try:
                if about.task_id is None:
                    changes = await history.list(about.group_id, _CHANGES)
                else:
                    changes = await history.of_task(about.task_id, _CHANGES)
            except AtsnError as error:  # such as a task that was deleted just now: no message each second
                self.history.show_changes((), visible(error.message))
                return
            if about == self._about:
                self.history.show_changes(changes, "Nothing was changed yet.")

    @work(group="change", exclusive=True, exit_on_error=False)
    async def _open_change(self, number: int) -> None:
        about = self._about
        if about is None:
            return
        with self.desk.reporting(self):
            details = await self.desk.node.history.show(about.group_id, number)
            blocks = describe_past(details, self.desk.clock)
            self.app.push_screen(Page(f"Change {number} of {details.group}", blocks))

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
                self._follow_one()

    # What a run prints

    @property
    def shown_run(self) -> RunView | None:
        """The run whose output is meant: the one that was opened, else the latest."""
        picked = [run for run in self.runs.runs if run.id == self._picked]
        return picked[0] if picked else self.runs.latest

    def _follow_one(self) -> None:
        run = self.shown_run
        if self.tab != "output":
            return
        if run is None:
            self._forget()
        elif run.id != self._followed:
            self._forget()
            self._followed = run.id
            self._follow(run.id)
        self._show_output()

    def _forget(self) -> None:
        self.workers.cancel_group(self, "follow")
        self._followed, self._tail, self._fault = None, Tail(), ""

    @work(group="follow", exclusive=True, exit_on_error=False)
    async def _follow(self, run_id: str) -> None:
        tail = self._tail
        with self.desk.reporting(self):
            try:
                async for data in self.desk.node.runs.follow(run_id):
                    tail.add(data)
                    self._show_output()
                    await asyncio.sleep(0)
            except AtsnError as error:
                self._fault = error.message
            self._show_output()
            self.reload()

    def _show_output(self) -> None:
        page = self.output
        at_end = page.scroll_offset.y >= page.max_scroll_y
        page.show(self._output_blocks())
        if at_end:
            page.call_after_refresh(page.action_last)

    def _output_blocks(self) -> list[Block]:
        run = self.shown_run
        if run is None:
            return [Words("Nothing has run here yet.", "muted")]
        blocks: list[Block] = []
        if self._tail.cut:
            blocks.append(Words(f"… the beginning: atsn log {run.id}", "muted"))
        blocks += [Verbatim(line) for line in self._tail.lines]
        if self._fault:
            blocks.append(Words(self._fault, "bad"))
        sign = run_sign(run)
        nothing = " and printed nothing" if not blocks and not under_way(run) else ""
        name = f"{run.task}: " if self._about is not None and self._about.task_id is None else ""
        end = f"{name}{run_line(run, self.desk.clock)}{nothing}"
        return [*blocks, Words(end, sign.role, lead=f"{sign.glyph} ")]

    # Mouse and keys

    @on(TabLine.Clicked)
    def _clicked(self, event: TabLine.Clicked) -> None:
        event.stop()
        self.open(event.tab)

    @on(LineList.Chosen, "#history")
    def _chosen_change(self, event: LineList.Chosen) -> None:
        event.stop()
        change = self.history.current
        if change is not None:
            self._open_change(change.number)

    @on(LineList.Chosen, "#runs")
    def _opened(self, event: LineList.Chosen) -> None:
        event.stop()
        entry = self.runs.current
        if isinstance(entry, RunView):
            self._picked = entry.id
            self._wanted = "output"
            self._arrange()
            self.output.focus()
            self._follow_one()
        elif entry is not None:
            clock = self.desk.clock
            blocks: list[Block] = [
                Words(decision_line(entry)),
                Words(f"It was due {clock.both(entry.last_at)}.", "muted"),
            ]
            self.app.push_screen(Page(f"{entry.task} did not run", blocks))
