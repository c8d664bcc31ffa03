"""What the main screen looks like: its parts, filled from what it knows, and what is selected in them."""

from collections.abc import Hashable
from typing import Any, TypeGuard

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from atsn_tui.console.action import Context
from atsn_tui.console.actions import footer_actions
from atsn_tui.console.desk import Desk
from atsn_tui.console.footer import KeyLine, key_of
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.main.book import Book, Selection
from atsn_tui.console.main.describe_selection import describe_selection
from atsn_tui.console.main.details import Details
from atsn_tui.console.main.header import Header
from atsn_tui.console.main.link_pane import LinkPane
from atsn_tui.console.main.notices import Notices
from atsn_tui.console.main.selecting import selection_of
from atsn_tui.console.main.sidebar import Sidebar, items
from atsn_tui.console.main.task_list import TaskList
from atsn_tui.console.main.task_pane import TaskPane
from atsn_tui.console.main.welcome import OfferList, Welcome
from atsn_tui.node.views import GroupView, StatusView, TaskView


class MainView(Screen[None]):
    """Groups and peers on the left, tasks or links on the right, details below."""

    DEFAULT_CSS = """
    MainView { background: $canvas; }
    MainView #body { height: 1fr; }
    MainView #right { width: 1fr; border-left: solid $faint; }
    MainView Welcome { display: none; }
    MainView LinkPane { display: none; }
    MainView.-empty #body { display: none; }
    MainView.-empty Welcome { display: block; height: 1fr; }
    MainView.-peer TaskPane { display: none; }
    MainView.-peer LinkPane { display: block; }
    MainView.-wide Sidebar { width: 32; }
    """

    status: reactive[StatusView | None] = reactive(None, init=False)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.book = Book()
        self.active: LineList[Any] | None = None
        """The list that had the focus last."""
        self._wanted: Hashable | None = None

    def compose(self) -> ComposeResult:
        """All parts; some are hidden at times."""
        yield Header().data_bind(MainView.status)
        yield Notices()
        with Horizontal(id="body"):
            yield Sidebar(id="sidebar")
            with Vertical(id="right"):
                yield TaskPane(self.desk.clock)
                yield LinkPane(self.desk.clock)
                yield Details(self.desk)
        yield Welcome()
        yield KeyLine(id="footer")

    # Parts

    @property
    def sidebar(self) -> Sidebar:
        """Groups and peers."""
        return self.query_one(Sidebar)

    @property
    def task_pane(self) -> TaskPane:
        """Tasks."""
        return self.query_one(TaskPane)

    @property
    def link_pane(self) -> LinkPane:
        """Links of a peer."""
        return self.query_one(LinkPane)

    @property
    def details(self) -> Details:
        """What is selected, in full."""
        return self.query_one(Details)

    # Selection

    @property
    def selection(self) -> Selection:
        """What the person stands on: in the list that had the focus last."""
        if self.has_class("-empty"):
            return Selection("empty")
        # The focus itself tells first: a key typed right after tab must not mean what stood under it before.
        active = self.focused if self.selects(self.focused) else self.active
        return selection_of(self.sidebar.current, active, self.task_pane.list, self.link_pane.list)

    @property
    def marked(self) -> tuple[TaskView, ...]:
        """The marked tasks, wherever the focus is."""
        tasks = self.task_pane.list
        return tuple(tasks.chosen()) if tasks.marked and not self.has_class("-peer") else ()

    def choose_first(self, what: str) -> None:
        """Say what a key needs that was pressed without it."""
        self.desk.tell(self, f"Choose {what} first: enter or tab goes to the list on the right.", "warning")

    def selects(self, widget: Widget | None) -> TypeGuard[LineList[Any]]:
        """Whether the cursor of that widget selects something."""
        return isinstance(widget, Sidebar | TaskList) or widget is self.link_pane.list

    def select_soon(self, key: Hashable) -> None:
        """Put the cursor on a task, a group or a peer as soon as it is in its list."""
        self._wanted = key

    def go_to_wanted(self) -> None:
        """Put the cursor there, if it can be done by now."""
        wanted = self._wanted
        if wanted is not None and (self.sidebar.select(wanted) or self.task_pane.list.select(wanted)):
            self._wanted = None

    # Showing

    def show_sidebar(self) -> None:
        """Show groups and peers, or what an empty node offers."""
        book = self.book
        waiting = {link.peer for link in book.waiting}
        self.sidebar.show(items(book.groups, book.peers, waiting, book.folders, book.folded))
        if self.has_class("-empty") and self.focused in (None, self.sidebar):
            self.query_one(OfferList).focus()
        elif not self.has_class("-empty") and isinstance(self.focused, OfferList):
            self.sidebar.focus()

    def show_notices(self) -> None:
        """Show what the person should know before anything else."""
        error = self.desk.messages.error
        self.query_one(Notices).show(self.status, None if error is None else error.text)

    def show_last(self, group: GroupView) -> None:
        """Show how the tasks of the group ran last."""
        book = self.book
        held = book.hold_of(group) is not None
        self.task_pane.show_runs(book.last_runs(group), book.holds, held)

    def show_details(self) -> None:
        """Show what is selected, and the keys that fit it."""
        task = self.task_pane.list.current
        described = describe_selection(self.selection, task, self.book, self.desk.clock)
        if described is not None:
            self.details.show(described.subject, described.blocks, described.about)
        self.show_footer()

    def show_footer(self) -> None:
        """Show the keys that fit what is selected."""
        context: Context = "history" if self.details.history.has_focus else self.selection.context
        self.query_one("#footer", KeyLine).show([key_of(each) for each in footer_actions("main", context)])
