"""Adding tasks, groups, peers and links."""

from collections.abc import Coroutine
from typing import Any

from atsn_tui.console.actions import of
from atsn_tui.console.dialogs.menu import Menu
from atsn_tui.console.main import work_files, work_pairing, work_peers, work_tasks
from atsn_tui.console.main.refreshing import Refreshing

_ADDABLE = ("new_task", "new_group", "new_link", "new_peer", "invite", "join", "import_file")


class Adding(Refreshing):
    """Makes what is new, and goes there."""

    def action_add(self) -> None:
        """Choose what to add."""
        actions = [action for action in of("main") if action.id in _ADDABLE]
        self.app.push_screen(Menu("Add", actions), self._added)

    async def _added(self, action: str | None) -> None:
        if action is not None:
            await self.run_action(f"screen.{action}")

    def action_new_task(self) -> None:
        """Add a task to the selected group."""
        chosen = self.selection
        if chosen.group is None:
            self.desk.tell(self, "Choose a group on the left first, or press N to create one.", "warning")
        else:
            self.do(self._and_select(work_tasks.add_task(self, self.desk, chosen.group, chosen.folder)))

    async def _and_select(self, work: Coroutine[Any, Any, str | None]) -> None:
        """After the work, go to the task that it made."""
        task_id = await work
        if task_id is not None:
            self.select_soon(task_id)

    def action_new_group(self) -> None:
        """Create a group."""
        self.do(self._new_group())

    async def _new_group(self) -> None:
        group_id = await work_tasks.add_group(self, self.desk)
        if group_id is not None:
            self.select_soon(("group", group_id))

    def action_new_peer(self) -> None:
        """Connect a peer."""
        self.do(self._new_peer())

    async def _new_peer(self) -> None:
        peer_id = await work_peers.add_peer(self, self.desk)
        if peer_id is not None:
            self.select_soon(("peer", peer_id))

    def action_new_link(self) -> None:
        """Link a group with a peer."""
        chosen = self.selection
        group = chosen.group.name if chosen.group else ""
        peer = chosen.peer.name if chosen.peer else ""
        if not group and len(self.book.groups) == 1:
            group = self.book.groups[0].name
        self.do(work_peers.add_link(self, self.desk, self.book, group, peer))

    def action_invite(self) -> None:
        """Invite a node."""
        group = self.selection.group
        self.do(work_pairing.invite(self, self.desk, group.name if group and group.replicated else ""))

    def action_join(self) -> None:
        """Join a node with a line."""
        self.do(self._join())

    async def _join(self) -> None:
        joined = await work_pairing.join(self, self.desk)
        if joined is not None:
            self.book.offered[joined.peer_id] = joined.takes
            self.select_soon(("peer", joined.peer_id))

    def action_access(self) -> None:
        """Show who may do what here."""
        self.do(work_pairing.show_access(self, self.desk))

    def action_import_file(self) -> None:
        """Import a file."""
        group = self.selection.group
        self.do(work_files.import_file(self, self.desk, self.book.groups, group))

    def action_demo(self) -> None:
        """Say how to see the demo."""
        self.desk.tell(self, "Leave with q, then type: atsn demo")
