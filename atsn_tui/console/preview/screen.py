"""The replicate screen: a live preview of links, and applying exactly what it shows."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.timer import Timer
from textual.worker import Worker

from atsn_tui.console.actions import bindings
from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.lists.document import Document
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.preview.allow import AllowForm, needed
from atsn_tui.console.preview.describe_change import describe_change
from atsn_tui.console.preview.state import RECENT
from atsn_tui.console.preview.view import PreviewView, Scope
from atsn_tui.model.brake import Allowance
from atsn_tui.model.result import LinkResult

if TYPE_CHECKING:
    from atsn_tui.node.links.replication import (
        Session,  # it loads SSH, which the main screen does not wait for
    )


class PreviewScreen(PreviewView):
    """Keeps a session with the node: compares, watches, applies."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("preview")

    def __init__(self, desk: Desk, scope: Scope) -> None:
        super().__init__(desk, scope)
        self._session: Session | None = None
        self._applying: Worker[None] | None = None
        self._rest: Timer | None = None

    def on_mount(self) -> None:
        """Begin to compare."""
        self.rows.focus()
        self.query_one("#warnings", Document).can_focus = False
        self.show_all()
        self._hold()

    # Comparing

    @work(group="hold", exclusive=True, exit_on_error=False)
    async def _hold(self) -> None:
        """Keep the session open for as long as the screen lives."""
        scope = self.scope
        with self.desk.reporting(self):
            async with self.desk.node.replication.open(
                group=scope.group, peers=scope.peers, link_ids=scope.link_ids
            ) as session:
                self._session = session
                self.state.links = await session.links()
                self._look()
                await asyncio.Event().wait()
        self.dismiss(None)

    @work(group="look", exclusive=True, exit_on_error=False)
    async def _look(self) -> None:
        """Compare all links, then go on watching them."""
        session, state = self._session, self.state
        if session is None:
            return
        state.phase = "comparing"
        state.note = ""
        state.waiting = {link.id for link in state.links}
        self.show_all()
        with self.desk.reporting(self):
            await session.compute(self._compared)
            state.phase = "preview"
            state.waiting = set()
            self.show_all()
            self._go_to_something()
            async for result in session.watch():
                self._compared_again(result)
        # Only a fault ends up here; it was told, and looking again may help. An apply goes on without the watch.
        if state.phase in ("comparing", "preview"):
            state.phase = "done"
            state.asked = 0
            state.waiting = set()
            self.show_all()

    def _go_to_something(self) -> None:
        """Begin with a link that has changes, if the person has not chosen one."""
        if self.rows.cursor == self.rows.first and self.rows.has_focus:
            changed = [row for row in self.state.rows() if row.result and row.result.state == "differs"]
            if changed:
                self.rows.select(changed[0].link.id)

    def _compared(self, result: LinkResult) -> None:
        self.state.take(result)
        self.show_all()

    def _compared_again(self, result: LinkResult) -> None:
        if self.state.phase != "preview" or not self.state.take(result):
            return
        clock = self.desk.clock
        self.state.note = f"{visible(result.peer)} compared anew {clock.local(clock.now()):%H:%M:%S}"
        self.state.resting = True
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(RECENT, self._rested)
        self.show_all()

    def _rested(self) -> None:
        self.state.resting = False
        self.show_all()

    # Applying

    @work(group="ask", exclusive=True, exit_on_error=False)
    async def _ask_and_apply(self) -> None:
        shown = dict(self.state.results)
        due = self.state.due()
        allow = needed(due)
        if any(result.brakes for result in due) and not await self.app.push_screen_wait(AllowForm(due)):
            return
        if self.state.results != shown or self.state.phase != "preview":
            self.desk.tell(self, "Something changed while you typed: look again, then apply.", "warning")
            return
        self._applying = self._apply(allow, shown)

    # The watch goes on meanwhile: ending it in the middle of a question would break its connection.
    @work(group="apply", exclusive=True, exit_on_error=False)
    async def _apply(self, allow: Allowance, shown: dict[str, LinkResult]) -> None:
        session, state = self._session, self.state
        if session is None:
            return
        state.phase = "applying"
        state.waiting = {result.link_id or "" for result in state.due()}
        state.asked = len(state.waiting)
        state.note = ""
        self.show_all()
        try:
            with self.desk.reporting(self):
                await session.apply(self._compared, skip=frozenset(state.skipped), allow=allow, shown=shown)
        finally:
            state.phase = "done"
            state.waiting = set()
            if self.is_attached:
                self.workers.cancel_group(self, "look")
                self.show_all()

    @on(LineList.Chosen, "#changes")
    def _open_change(self) -> None:
        self.action_open()

    # Actions

    def action_apply(self) -> None:
        """Apply what is on the screen."""
        state = self.state
        if state.phase != "preview":
            return
        if state.resting:
            self.desk.tell(self, "Something has just changed: look at it first, then press a.", "warning")
        elif not state.due():
            self.desk.tell(self, "There is nothing to apply.")
        else:
            self._ask_and_apply()

    def action_skip(self) -> None:
        """Leave the link out or take it in again."""
        row = self.row
        if row is None or self.state.phase != "preview" or self._session is None:
            return
        self.state.skipped ^= {row.link.id}
        self._session.set_skipped(row.link.id, row.link.id in self.state.skipped)
        if row.link.direction == "pull" and len(self.state.links) > 1:
            self._look()  # later links build on what this one would bring
        else:
            self.show_all()

    def action_mode(self) -> None:
        """Preview the link in its other mode."""
        row = self.row
        if row is None or self.state.phase != "preview" or self._session is None:
            return
        self.state.modes[row.link.id] = "easy" if row.mode == "strict" else "strict"
        self._session.set_mode(row.link.id, self.state.modes[row.link.id])
        self._look()

    def action_open(self) -> None:
        """Show the change in full."""
        change = self.changes.current
        if change is None:
            self.open_link()
        else:
            page = Page(
                change.change.name, describe_change(change, self.desk.clock, full=True), copy=self.page.plain
            )
            self.app.push_screen(page)

    def action_again(self) -> None:
        """Compare anew after an apply."""
        if self.state.phase == "done":
            self._look()

    def action_copy(self) -> None:
        """Copy what is shown of the change."""
        self.app.copy_to_clipboard(self.page.plain)
        self.desk.tell(self, "Copied.")

    def action_leave(self) -> None:
        """Stop an apply, or go back."""
        if self.state.phase == "applying" and self._applying is not None:
            self.state.phase = "stopping"
            self._applying.cancel()
            self.show_all()
        elif self.state.phase != "stopping":
            self.dismiss(None)
