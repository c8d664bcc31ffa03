"""The main screen: it keeps itself up to date and shows what is selected."""

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any, ClassVar, TypeGuard

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.widget import Widget

from atsn_tui.console.action import Context
from atsn_tui.console.actions import bindings, footer_actions
from atsn_tui.console.desk import Desk
from atsn_tui.console.footer import KeyLine, key_of
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.runs import hold_of
from atsn_tui.console.main.book import Book, Selection
from atsn_tui.console.main.commands import Commands
from atsn_tui.console.main.describe_group import describe_group
from atsn_tui.console.main.describe_peer import describe_link, describe_peer
from atsn_tui.console.main.describe_task import describe_task
from atsn_tui.console.main.details import About, Details
from atsn_tui.console.main.header import Header
from atsn_tui.console.main.link_pane import LinkPane
from atsn_tui.console.main.notices import Notices
from atsn_tui.console.main.sidebar import FolderItem, GroupItem, PeerItem, Sidebar, items
from atsn_tui.console.main.task_list import TaskList
from atsn_tui.console.main.task_pane import TaskPane
from atsn_tui.console.main.welcome import OfferList, Welcome
from atsn_tui.console.preview.view import Scope
from atsn_tui.node.views import GroupView, StatusView

_TICK = 10.0
"""Seconds after which relative times are said anew."""

_SECOND = 1.0
"""Seconds after which the length of what runs is said anew."""

_RETRY = 5.0
"""Seconds until the node is asked again after it failed."""


class MainScreen(Commands):
    """Groups and peers on the left, tasks or links on the right, details below."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("main")

    DEFAULT_CSS = """
    MainScreen { background: $canvas; }
    MainScreen #body { height: 1fr; }
    MainScreen #right { width: 1fr; border-left: solid $faint; }
    MainScreen Welcome { display: none; }
    MainScreen LinkPane { display: none; }
    MainScreen.-empty #body { display: none; }
    MainScreen.-empty Welcome { display: block; height: 1fr; }
    MainScreen.-peer TaskPane { display: none; }
    MainScreen.-peer LinkPane { display: block; }
    MainScreen.-wide Sidebar { width: 32; }
    """

    status: reactive[StatusView | None] = reactive(None, init=False)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.book = Book()
        self._active: LineList[Any] | None = None
        self._wanted: Hashable | None = None

    def compose(self) -> ComposeResult:
        """All parts; some are hidden at times."""
        yield Header().data_bind(MainScreen.status)
        yield Notices()
        with Horizontal(id="body"):
            yield Sidebar(id="sidebar")
            with Vertical(id="right"):
                yield TaskPane(self.desk.clock)
                yield LinkPane(self.desk.clock)
                yield Details(self.desk)
        yield Welcome()
        yield KeyLine(id="footer")

    def on_mount(self) -> None:
        """Begin to listen to the node."""
        self.desk.messages.changed = self._show_notices
        self.sidebar.focus()
        self._listen()
        self.set_interval(_TICK, self._tick)
        self.set_interval(_SECOND, self._tick_runs)

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

    # Keeping up to date

    @work(group="listen", exclusive=True, exit_on_error=False)
    async def _listen(self) -> None:
        while True:
            with self.desk.reporting(self):
                async for _ in self.desk.node.changes():
                    await self._reload()
            await asyncio.sleep(_RETRY)

    async def _reload(self) -> None:
        status = await self.desk.node.status()
        self.book.take(status)
        self.status = status
        self.set_class(not status.groups and not status.peers, "-empty")
        self._show_sidebar()
        self._show_notices()
        self._show_right()
        self._go_to_wanted()
        self.details.reload()

    def refresh_soon(self) -> None:
        """Ask the node now, after a change of our own."""
        self._refresh_now()

    @work(group="refresh", exclusive=True, exit_on_error=False)
    async def _refresh_now(self) -> None:
        with self.desk.reporting(self):
            await self._reload()

    @work(group="tasks", exclusive=True, exit_on_error=False)
    async def _read_tasks(self, group: GroupView) -> None:
        with self.desk.reporting(self):
            self.book.load(group, await self.desk.node.tasks.list(group.id))
            self._show_sidebar()
            self._show_right()
            self._go_to_wanted()

    @work(group="last", exclusive=True, exit_on_error=False)
    async def _read_last(self, group: GroupView) -> None:
        with self.desk.reporting(self):
            self.book.last[group.id] = await self.desk.node.runs.last(group.id)
            self._show_last(group)
            self._show_details()

    def _show_last(self, group: GroupView) -> None:
        book = self.book
        held = book.hold_of(group) is not None
        self.task_pane.show_runs(book.last_runs(group), book.holds, held)

    def _tick_runs(self) -> None:
        if self.task_pane.list.moving:
            self.task_pane.list.refresh()
            self._show_details()
        self.details.tick()

    def _tick(self) -> None:
        if self.status is not None:
            self.task_pane.list.refresh()
            self.link_pane.list.refresh()
            self._show_details()

    # Showing

    def _show_sidebar(self) -> None:
        book = self.book
        waiting = {link.peer for link in book.waiting}
        listed = items(book.groups, book.peers, waiting, book.folders, book.folded)
        self.sidebar.show(listed)
        if self.has_class("-empty") and self.focused in (None, self.sidebar):
            self.query_one(OfferList).focus()
        elif not self.has_class("-empty") and isinstance(self.focused, OfferList):
            self.sidebar.focus()

    def _show_notices(self) -> None:
        error = self.desk.messages.error
        self.query_one(Notices).show(self.status, None if error is None else error.text)

    def _show_right(self) -> None:
        item = self.sidebar.current
        self.set_class(isinstance(item, PeerItem), "-peer")
        if isinstance(item, PeerItem):
            self.link_pane.show(item.peer, self.book.links_with(item.peer))
        elif isinstance(item, GroupItem | FolderItem):
            folder = item.path if isinstance(item, FolderItem) else ""
            self.task_pane.show(item.group, folder, self.book.tasks(item.group))
            self._show_last(item.group)
            if self.book.fresh(item.group):
                self._read_last(item.group)
            else:
                self._read_tasks(item.group)
        else:
            self.task_pane.show(None, "", None)
        self._show_details()

    def _show_details(self) -> None:
        chosen, clock, book = self.selection, self.desk.clock, self.book
        if chosen.context == "task":
            view = self.task_pane.list.current
            if view is not None:
                run = book.last.get(view.group_id, {}).get(view.id)
                hold = hold_of(view.group_id, view.id, book.holds)
                blocks = describe_task(view, chosen.group, clock, run, hold)
                self.details.show(view.task.path, blocks, About(view.group_id, view.id))
        elif chosen.link is not None:
            self.details.show(
                f"{chosen.link.group} with {chosen.link.peer}", describe_link(chosen.link, clock)
            )
        elif chosen.peer is not None:
            links = book.links_with(chosen.peer)
            self.details.show(chosen.peer.name, describe_peer(chosen.peer, links, book.groups, clock))
        elif chosen.group is not None:
            links = book.links_of(chosen.group)
            blocks = describe_group(chosen.group, links, clock, book.hold_of(chosen.group))
            self.details.show(chosen.group.name, blocks, About(chosen.group.id))
        else:
            self.details.show("", [])
        self._show_footer()

    def _show_footer(self) -> None:
        context: Context = "history" if self.details.history.has_focus else self.selection.context
        self.query_one("#footer", KeyLine).show([key_of(each) for each in footer_actions("main", context)])

    # Selection

    @property
    def selection(self) -> Selection:
        """What the person stands on: in the list that had the focus last."""
        if self.has_class("-empty"):
            return Selection("empty")
        item = self.sidebar.current
        if isinstance(item, PeerItem):
            link = self.link_pane.list.current if self._list is self.link_pane.list else None
            return Selection("peer" if link is None else "link", peer=item.peer, link=link)
        if isinstance(item, GroupItem | FolderItem):
            folder = item.path if isinstance(item, FolderItem) else ""
            tasks = self.task_pane.list
            if self._list is tasks and tasks.current is not None:
                return Selection("task", item.group, folder, tuple(tasks.chosen()))
            return Selection("folder" if folder else "group", item.group, folder)
        return Selection("empty")

    @property
    def _list(self) -> LineList[Any] | None:
        # The focus itself tells first: a key typed right after tab must not mean what stood under it before.
        return self.focused if self._selects(self.focused) else self._active

    def _selects(self, widget: Widget | None) -> TypeGuard[LineList[Any]]:
        return isinstance(widget, Sidebar | TaskList) or widget is self.link_pane.list

    @on(events.DescendantFocus)
    def _focus_went(self, event: events.DescendantFocus) -> None:
        if self._selects(event.widget):
            self._active = event.widget
            self._show_details()
        self._show_footer()

    @on(LineList.Highlighted, "#sidebar")
    def _other_place(self) -> None:
        self._show_right()

    @on(LineList.Highlighted, "#tasks")
    @on(LineList.Highlighted, "#links")
    def _other_item(self) -> None:
        self._show_details()

    @on(Sidebar.Folded)
    def _fold(self, event: Sidebar.Folded) -> None:
        self.book.fold(event.group_id, event.folded)
        self._show_sidebar()

    @on(LineList.Chosen, "#sidebar")
    def _into(self) -> None:
        """Go to what the place holds; with a peer that waits for a person, straight to its preview."""
        item = self.sidebar.current
        if isinstance(item, PeerItem) and item.waiting:
            links = tuple(link.id for link in self.book.waiting if link.peer == item.peer.name)
            self.preview(Scope(f"what waits for you with {item.peer.name}", link_ids=links))
            return
        target: Widget = self.link_pane.list if self.has_class("-peer") else self.task_pane.list
        target.focus()

    @on(LineList.Chosen, "#tasks")
    def _edit_task(self) -> None:
        self.action_edit()

    @on(LineList.Chosen, "#links")
    def _open_link(self) -> None:
        self.action_replicate()

    @on(LineList.Chosen, "#offers")
    async def _offer(self) -> None:
        offer = self.query_one(OfferList).current
        if offer is not None:
            await self.run_action(f"screen.{offer.action}")

    def select_place(self, key: tuple[str, str]) -> None:
        """Put the cursor on a group or peer as soon as it is in the list."""
        self._wanted = key

    def select_task(self, task_id: str) -> None:
        """Put the cursor on a task as soon as it is in the list."""
        self._wanted = task_id

    def go_to(self, group_id: str, task_id: str, run_id: str | None) -> None:
        """Put the cursor on a task, and on one of its runs, as soon as they are there."""
        self.task_pane.end_filter()
        if not self.sidebar.select(("group", group_id)):
            self.desk.tell(self, "The group of this task is gone.", "warning")
            return
        self._wanted = task_id
        self.task_pane.list.focus()
        self._show_right()
        self._go_to_wanted()
        if run_id is not None:
            self.details.seek(run_id)

    def _go_to_wanted(self) -> None:
        wanted = self._wanted
        if wanted is not None and (self.sidebar.select(wanted) or self.task_pane.list.select(wanted)):
            self._wanted = None

    # Work

    def do(self, work: Coroutine[Any, Any, Any], asks: bool = True) -> None:
        """Carry something out that may ask and may fail; then look at the node again."""
        if asks and any(worker.group == "ask" and worker.is_running for worker in self.workers):
            work.close()  # the same key again, before its dialog was there
            return
        self.run_worker(self._carry_out(work), group="ask" if asks else "do", exit_on_error=False)

    async def _carry_out(self, work: Coroutine[Any, Any, Any]) -> None:
        with self.desk.reporting(self):
            await work
        self.refresh_soon()
