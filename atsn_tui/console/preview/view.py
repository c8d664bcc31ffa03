"""What the replicate screen looks like: its parts, filled from its state."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.screen import Screen

from atsn_tui.console.action import Context
from atsn_tui.console.actions import footer_actions
from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.footer import Key, KeyLine, key_of
from atsn_tui.console.lists.document import GAP, Block, Document, Words
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import Cell, Line
from atsn_tui.console.look.states import arrow
from atsn_tui.console.preview.changes import ChangeList, change_rows
from atsn_tui.console.preview.describe_change import (
    describe_change,
    describe_link_result,
    describe_result,
    verdict,
    warnings,
)
from atsn_tui.console.preview.rows import LinkRow, LinkRows, rows
from atsn_tui.console.preview.state import PreviewState
from atsn_tui.console.title import TitleLine
from atsn_tui.model.words import plural


@dataclass(frozen=True)
class Scope:
    """Which links a preview is about; empty: all."""

    title: str
    group: str | None = None
    peers: tuple[str, ...] = ()
    link_ids: tuple[str, ...] = ()


class PreviewView(Screen[None]):
    """Links on the left, the changes of one beside them, one change in full."""

    DEFAULT_CSS = """
    PreviewView { background: $canvas; }
    PreviewView #preview-title { background: $panel; }
    PreviewView #preview-body { height: 1fr; }
    PreviewView LinkRows { width: 26; }
    PreviewView #preview-right { width: 1fr; border-left: solid $faint; layout: vertical; }
    PreviewView #preview-middle { height: 1fr; }
    PreviewView #preview-far { height: 1fr; }
    PreviewView #far-title { background: $panel; }
    PreviewView #warnings { height: auto; max-height: 5; display: none; padding: 0 1; }
    PreviewView #warnings.-shown { display: block; }
    PreviewView.-wide LinkRows { width: 29; }
    PreviewView.-wide #preview-right { layout: horizontal; }
    PreviewView.-wide #preview-middle { width: 4fr; height: 100%; }
    PreviewView.-wide #preview-far { width: 5fr; height: 100%; border-left: solid $faint; }
    PreviewView.-wide #far-title { background: $canvas; }
    """

    def __init__(self, desk: Desk, scope: Scope) -> None:
        super().__init__()
        self.desk = desk
        self.scope = scope
        self.state = PreviewState()

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
    def row(self) -> LinkRow | None:
        """The selected link."""
        row = self.rows.current
        return row if isinstance(row, LinkRow) else None

    # Showing

    def show_all(self) -> None:
        """Show the state; cursors stay where they are."""
        self.query_one("#preview-title", TitleLine).show(self._title(), self._progress())
        self.rows.empty = "Connecting …" if not self.state.links else ""
        self.rows.show(rows(self.state.rows(), bool(self.scope.peers)))
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
                return [("stopping: waiting for what was already sent", "warn")]
        if not state.asked:
            return [("✗ ", "bad"), ("could not compare: press r to compare again", "ink")]
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
        row = self.row
        title = self.query_one("#middle-title", TitleLine)
        board = self.query_one("#warnings", Document)
        if row is None:
            title.show([])
            self.changes.show([])
            self._show_change()
            return
        listed = change_rows(row.result)
        said = warnings(row.result)
        side: Line = [(plural(len(listed), "change"), "muted")] if listed else []
        if said and not listed:
            side = [("enter", "title"), (" Read", "ink")]
        title.show(
            [("Changes ", "muted"), (arrow(row.link.direction, visible(row.link.peer)), "strong")], side
        )
        board.show(said)
        board.set_class(bool(said), "-shown")
        self.changes.show(listed)
        self._show_change()

    def _show_change(self) -> None:
        row, change = self.row, self.changes.current
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
        if self.changes.items:
            self.changes.focus()
        else:
            self.open_link()

    def open_link(self) -> None:
        """Show all that is said of the selected link."""
        row = self.row
        if row is None:
            return
        blocks = describe_link_result(row.result, row.sign)
        text = "\n".join(block.text for block in blocks if isinstance(block, Words))
        self.app.push_screen(
            Page(f"{row.link.group} {arrow(row.link.direction, row.link.peer)}", blocks, copy=text)
        )
