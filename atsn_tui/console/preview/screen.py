"""The replicate screen: a live preview of links, and applying exactly what it shows."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.screen import Screen
from textual.worker import Worker

from atsn_tui.console.actions import Context, bindings, footer_actions
from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.footer import Key, KeyLine, key_of
from atsn_tui.console.lists.document import GAP, Block, Document, lay_out
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import plural, visible
from atsn_tui.console.look.roles import Cell, Line
from atsn_tui.console.look.states import arrow
from atsn_tui.console.preview.allow import AllowForm, needed
from atsn_tui.console.preview.changes import ChangeList, change_rows
from atsn_tui.console.preview.describe_change import describe_change, describe_result, verdict, warnings
from atsn_tui.console.preview.rows import LinkRow, LinkRows, rows
from atsn_tui.console.preview.state import RECENT, PreviewState
from atsn_tui.console.title import TitleLine
from atsn_tui.model.brake import Allowance
from atsn_tui.model.result import LinkResult
from atsn_tui.node.replication import Session


@dataclass(frozen=True)
class Scope:
    """Which links a preview is about; empty: all."""

    title: str
    group: str | None = None
    peers: tuple[str, ...] = ()
    link_ids: tuple[str, ...] = ()


class PreviewScreen(Screen[None]):
    """Links on the left, the changes of one beside them, one change in full."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("preview")

    DEFAULT_CSS = """
    PreviewScreen { background: $canvas; }
    PreviewScreen #preview-title { background: $panel; }
    PreviewScreen #preview-body { height: 1fr; }
    PreviewScreen LinkRows { width: 26; }
    PreviewScreen #preview-right { width: 1fr; border-left: solid $faint; layout: vertical; }
    PreviewScreen #preview-middle { height: 1fr; }
    PreviewScreen #preview-far { height: 1fr; }
    PreviewScreen #far-title { background: $panel; }
    PreviewScreen #warnings { height: auto; max-height: 5; display: none; padding: 0 1; }
    PreviewScreen #warnings.-shown { display: block; }
    PreviewScreen.-wide LinkRows { width: 29; }
    PreviewScreen.-wide #preview-right { layout: horizontal; }
    PreviewScreen.-wide #preview-middle { width: 4fr; height: 100%; }
    PreviewScreen.-wide #preview-far { width: 5fr; height: 100%; border-left: solid $faint; }
    PreviewScreen.-wide #far-title { background: $canvas; }
    """

    def __init__(self, desk: Desk, scope: Scope) -> None:
        super().__init__()
        self.desk = desk
        self.scope = scope
        self.state = PreviewState()
        self._session: Session | None = None
        self._applying: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Three parts under one title."""
        yield TitleLine(id="preview-title")
        with Horizontal(id="preview-body"):
            yield LinkRows(id="rows")
            with Container(id="preview-right"):
                with Vertical(id="preview-middle"):
                    yield TitleLine(id="middle-title")
                    yield Document(id="warnings")
                    yield ChangeList(id="changes")
                with Vertical(id="preview-far"):
                    yield TitleLine(id="far-title")
                    yield Document(id="change")
        yield KeyLine(id="footer")

    def on_mount(self) -> None:
        """Begin to compare."""
        self.rows.focus()
        self.query_one("#warnings", Document).can_focus = False
        self.show_all()
        self._hold()

    # Parts

    @property
    def rows(self) -> LinkRows:
        """The links."""
        return self.query_one(LinkRows)

    @property
    def changes(self) -> ChangeList:
        """The changes of the selected link."""
        return self.query_one(ChangeList)

    @property
    def page(self) -> Document:
        """The selected change in full."""
        return self.query_one("#change", Document)

    @property
    def _row(self) -> LinkRow | None:
        row = self.rows.current
        return row if isinstance(row, LinkRow) else None

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
        self.set_timer(RECENT, self._rested)
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

    @work(group="look", exclusive=True, exit_on_error=False)
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
                self.show_all()

    # Showing

    def show_all(self) -> None:
        """Show the state; cursors stay where they are."""
        self.query_one("#preview-title", TitleLine).show(self._title(), self._progress())
        self.rows.empty = "Connecting …" if not self.state.links else ""
        self.rows.show(rows(self.state.rows()))
        self._show_link()
        self.query_one("#footer", KeyLine).show(self._keys())

    def _title(self) -> Line:
        return [("Replicate", "title"), (f"  {visible(self.scope.title)}", "strong")]

    def _progress(self) -> Line:
        state = self.state
        total, left = len(state.links), len(state.waiting)
        match state.phase:
            case "comparing":
                return [(f"◌ comparing {total - left} of {total}", "accent")]
            case "preview":
                note: Line = [(f"{state.note}   ", "warn")] if state.note else []
                return [*note, ("● ", "good"), ("live", "ink")]
            case "applying":
                return [(f"◌ applying, {plural(left, 'link')} to go", "accent")]
            case "stopping":
                return [("stopping: what was sent is awaited", "warn")]
        done = sum(result.state == "applied" for result in state.results.values())
        sign: Cell = ("✓ ", "good") if done == state.asked else ("▲ ", "warn")
        return [sign, (f"applied on {done} of {plural(state.asked, 'link')}", "ink")]

    def _keys(self) -> list[Key]:
        phase = self.state.phase
        context: Context = "done" if phase == "done" else "preview" if phase == "preview" else "busy"
        keys: list[Key] = []
        for action in footer_actions("preview", context):
            if action.id == "apply" and (self.state.resting or not self.state.due()):
                continue
            back = action.id == "leave" and phase == "done"
            keys.append(key_of(action, "Back" if back else None))
        return keys

    def _show_link(self) -> None:
        row = self._row
        title = self.query_one("#middle-title", TitleLine)
        board = self.query_one("#warnings", Document)
        if row is None:
            title.show([])
            self.changes.show([])
            self._show_change()
            return
        listed = change_rows(row.result)
        side: Line = [(plural(len(listed), "change"), "muted")] if listed else []
        title.show(
            [("Changes ", "muted"), (arrow(row.link.direction, visible(row.link.peer)), "strong")], side
        )
        said = warnings(row.result)
        board.show(said)
        board.set_class(bool(said), "-shown")
        board.styles.height = len(lay_out(said, max(1, self.changes.text_width - 1))) if said else None
        self.changes.show(listed)
        self._show_change()

    def _show_change(self) -> None:
        row, change = self._row, self.changes.current
        result = None if row is None else row.result
        blocks: list[Block] = []
        if result is not None and (change is None or self.state.phase == "done"):
            said = verdict(result)
            blocks += [*said, GAP] if said else []
        if change is not None:
            blocks += [*describe_change(change, self.desk.clock), GAP]
        if result is not None:
            blocks += describe_result(result)
        name = visible(change.change.name) if change is not None else ""
        self.query_one("#far-title", TitleLine).show([(name, "strong")])
        self.page.show(blocks)

    @on(LineList.Highlighted, "#rows")
    def _other_link(self) -> None:
        self._show_link()

    @on(LineList.Highlighted, "#changes")
    def _other_change(self) -> None:
        self._show_change()

    @on(LineList.Chosen, "#rows")
    def _into_changes(self) -> None:
        self.changes.focus()

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
        row = self._row
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
        row = self._row
        if row is None or self.state.phase != "preview" or self._session is None:
            return
        self.state.modes[row.link.id] = "easy" if row.mode == "strict" else "strict"
        self._session.set_mode(row.link.id, self.state.modes[row.link.id])
        self._look()

    def action_open(self) -> None:
        """Show the change in full."""
        change = self.changes.current
        if change is not None:
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
