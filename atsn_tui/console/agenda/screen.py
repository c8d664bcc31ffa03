"""The agenda's screen: past above, future below, now in the middle."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from atsn_tui.console.actions import bindings, footer_actions
from atsn_tui.console.agenda.agenda_list import AgendaList
from atsn_tui.console.agenda.describe_row import describe_row
from atsn_tui.console.agenda.lines import Item, items_of, minute
from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.footer import KeyLine, key_of
from atsn_tui.console.lists.document import Document
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.title import TitleLine
from atsn_tui.node.agenda.views import AgendaRow, AgendaView

SPANS = (24, 72, 168, 6)
"""Hours, in the order in which the key takes them."""

_REST = 2.0
"""Seconds between two looks, at least; and five times as long as a look took."""

_MINUTE = 60.0
"""Seconds after which it is computed anew, though nothing has changed: time goes by."""


@dataclass(frozen=True)
class Place:
    """Where the person wants to go from here."""

    group_id: str
    task_id: str
    run_id: str | None


class AgendaScreen(Screen[Place | None]):
    """Dismissed with the task or run that was opened."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("agenda")

    DEFAULT_CSS = """
    AgendaScreen { background: $canvas; }
    AgendaScreen #agenda-title { background: $panel; }
    AgendaScreen AgendaList { height: 1fr; }
    AgendaScreen #row-title { background: $panel; }
    AgendaScreen #row { height: 4; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.view: AgendaView | None = None
        self._group: str | None = None
        self._hours = SPANS[0]
        self._moved = asyncio.Event()

    def compose(self) -> ComposeResult:
        """Title, list, the line in full, keys."""
        yield TitleLine(id="agenda-title")
        yield AgendaList(self.desk.clock, id="agenda")
        yield TitleLine(id="row-title")
        yield Document(id="row")
        yield KeyLine([key_of(each) for each in footer_actions("agenda", "agenda")], id="footer")

    @property
    def list(self) -> AgendaList:
        """The lines."""
        return self.query_one(AgendaList)

    def on_mount(self) -> None:
        """Begin to read."""
        self.query_one("#row", Document).can_focus = False
        self.list.focus()
        self._show_title()
        self._listen()
        self._read()

    # Keeping up to date

    @work(group="listen", exclusive=True, exit_on_error=False)
    async def _listen(self) -> None:
        with self.desk.reporting(self):
            async for _ in self.desk.node.changes():
                self._moved.set()

    @work(group="read", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        first = True
        while True:
            self._moved.clear()
            began = time.monotonic()
            with self.desk.reporting(self):
                view = await self.desk.node.agenda.show(self._group, self._hours)
                self._show(view, await asyncio.to_thread(items_of, view, self.desk.clock), first)
                first = False
            await asyncio.sleep(max(_REST, 5 * (time.monotonic() - began)))
            try:
                async with asyncio.timeout(_MINUTE):
                    await self._moved.wait()
            except TimeoutError:
                continue

    def _show(self, view: AgendaView, items: Sequence[Item], first: bool) -> None:
        self.view = view
        agenda = self.list
        agenda.named = len({row.group_id for row in (*view.past, *view.ahead) if row.group_id}) > 1
        agenda.show(items)
        if first:
            agenda.go_to_now()
        self._show_title()
        self._show_row()

    def _show_title(self) -> None:
        view = self.view
        what = "all groups" if view is None or view.group is None else visible(view.group)
        left: Line = [("Agenda", "title"), (f"  {what}", "strong"), (f"  {self._hours} h", "muted")]
        right: Line = []
        if view is not None:
            if view.service == "stopped":
                right.append(("○ no service  ", "warn"))
            right.append((f"{view.ran:,} ran", "ink"))
            if view.failed:
                right.append((f"  ✗ {view.failed:,} failed", "bad"))
            if view.missed:
                right.append((f"  · {view.missed:,} not run", "warn"))
            right.append((f"  {view.due:,} to come", "muted"))
        self.query_one("#agenda-title", TitleLine).show(left, right)
        busy = None if view is None else view.busiest
        said = (
            "" if busy is None else f"most begin at {minute(self.desk.clock, busy.at)}: {busy.tasks:,} tasks"
        )
        self.query_one("#row-title", TitleLine).show([(said, "muted")])

    @on(LineList.Highlighted, "#agenda")
    def _show_row(self) -> None:
        blocks = describe_row(self.list.current, self.view, self.desk.clock)
        self.query_one("#row", Document).show(blocks, top=True)

    # Actions

    @on(LineList.Chosen, "#agenda")
    def action_open(self) -> None:
        """Go to the task or the run; of a line without one, show all that there is."""
        row = self.list.current
        if not isinstance(row, AgendaRow):
            return
        if row.task_id:
            self.dismiss(Place(row.group_id, row.task_id, None if row.run is None else row.run.id))
        elif row.kind == "together":
            self.list.action_down()
        else:
            self.app.push_screen(Page("No service", describe_row(row, self.view, self.desk.clock)))

    def action_trouble(self) -> None:
        """Up to the next failure; from now, that is the latest."""
        self._go_to_trouble(-1)

    def action_later_trouble(self) -> None:
        """Down to the next failure."""
        self._go_to_trouble(1)

    def _go_to_trouble(self, by: int) -> None:
        if not self.list.go(lambda row: row.trouble, by):
            self.desk.tell(self, "Nothing failed.")

    def action_next_together(self) -> None:
        """To the next minute in which several tasks begin."""
        if not self.list.go(lambda row: row.kind == "together", 1):
            self.desk.tell(self, "No two tasks begin in the same minute.")

    def action_now(self) -> None:
        """To the line for now."""
        self.list.go_to_now()

    def action_span(self) -> None:
        """Take the next span of time."""
        self._hours = SPANS[(SPANS.index(self._hours) + 1) % len(SPANS)]
        self._show_title()
        self._read()

    def action_one_group(self) -> None:
        """Show one group, or all."""
        row = self.list.current
        if self._group is not None:
            self._group = None
        elif isinstance(row, AgendaRow) and row.group_id:
            self._group = row.group_id
        else:
            self.desk.tell(self, "Go to a line of the group first, then press a.")
            return
        self._read()

    def action_copy(self) -> None:
        """Copy all lines."""
        agenda = self.list
        text = "\n".join(
            "".join(part for part, _ in line).rstrip()
            for item in agenda.items
            for line in agenda.draw(item, 160)
        )
        self.app.copy_to_clipboard(text)
        self.desk.tell(self, "Copied the agenda.")

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)
