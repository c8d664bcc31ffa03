"""The main screen: what each key, click and change of the cursor leads to."""

from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widget import Widget

from atsn_tui.console.actions import bindings
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.main.commands.adding import Adding
from atsn_tui.console.main.commands.records import Records
from atsn_tui.console.main.commands.replicating import Replicating
from atsn_tui.console.main.commands.running import Running
from atsn_tui.console.main.commands.viewing import Viewing
from atsn_tui.console.main.sidebar import PeerItem, Sidebar
from atsn_tui.console.main.welcome import OfferList
from atsn_tui.console.preview.view import Scope


class MainScreen(Replicating, Records, Adding, Running, Viewing):
    """All of it: the parts, what they show, and the actions."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("main")

    def on_mount(self) -> None:
        """Begin to listen to the node."""
        self.desk.messages.changed = self.show_notices
        self.sidebar.focus()
        self.begin()

    @on(events.DescendantFocus)
    def _focus_went(self, event: events.DescendantFocus) -> None:
        if self.selects(event.widget):
            self.active = event.widget
            self.show_details()
        self.show_footer()

    @on(LineList.Highlighted, "#sidebar")
    def _other_place(self) -> None:
        self.show_right()

    @on(LineList.Highlighted, "#tasks")
    @on(LineList.Highlighted, "#links")
    def _other_item(self) -> None:
        self.show_details()

    @on(Sidebar.Folded)
    def _fold(self, event: Sidebar.Folded) -> None:
        self.book.fold(event.group_id, event.folded)
        self.show_sidebar()

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
