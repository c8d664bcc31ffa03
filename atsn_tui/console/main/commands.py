"""The actions of the main screen."""

from collections.abc import Coroutine
from typing import Any

from textual.screen import Screen

from atsn_tui.console.actions import of
from atsn_tui.console.agenda.screen import AgendaScreen, Place
from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.menu import Menu
from atsn_tui.console.look.runs import hold_of
from atsn_tui.console.main import (
    work_files,
    work_history,
    work_pairing,
    work_peers,
    work_runs,
    work_tasks,
)
from atsn_tui.console.main.book import Book, Selection
from atsn_tui.console.main.details import Details
from atsn_tui.console.main.run_list import RunList
from atsn_tui.console.main.sidebar import Sidebar
from atsn_tui.console.main.task_pane import TaskPane
from atsn_tui.console.preview.screen import PreviewScreen
from atsn_tui.console.preview.view import Scope
from atsn_tui.node.runs.views import RunView

_ADDABLE = ("new_task", "new_group", "new_link", "new_peer", "invite", "join", "import_file")


class Commands(Screen[None]):
    """One method for each declared action. The main screen says what is selected and does the work."""

    desk: Desk
    book: Book

    @property
    def selection(self) -> Selection:
        """What the person stands on."""
        raise NotImplementedError

    def do(self, work: Coroutine[Any, Any, Any], asks: bool = True) -> None:
        """Carry something out that may fail; of things that ask, one at a time."""
        raise NotImplementedError

    def refresh_soon(self) -> None:
        """Look at the node again."""
        raise NotImplementedError

    # Replication

    def action_replicate(self) -> None:
        """Preview the selected group, peer or link."""
        chosen = self.selection
        if chosen.link is not None:
            self.preview(Scope(f"{chosen.link.group} with {chosen.link.peer}", link_ids=(chosen.link.id,)))
        elif chosen.peer is not None:
            self.preview(Scope(f"all links with {chosen.peer.name}", peers=(chosen.peer.name,)))
        elif chosen.group is not None:
            self.preview(Scope(chosen.group.name, group=chosen.group.id))

    def action_replicate_all(self) -> None:
        """Preview all groups."""
        self.preview(Scope("all groups"))

    def action_review(self) -> None:
        """Preview the links that wait."""
        waiting = tuple(link.id for link in self.book.waiting)
        if waiting:
            self.preview(Scope("what waits for you", link_ids=waiting))
        else:
            self.desk.tell(self, "Nothing is held, and nothing waits for your yes.")

    def action_agenda(self) -> None:
        """Open the agenda; what is opened there is selected here."""
        self.app.push_screen(AgendaScreen(self.desk), self._from_agenda)

    def _from_agenda(self, place: Place | None) -> None:
        if place is not None:
            self.go_to(place.group_id, place.task_id, place.run_id)

    def go_to(self, group_id: str, task_id: str, run_id: str | None) -> None:
        """Put the cursor on a task, and on one of its runs, as soon as they are there."""
        raise NotImplementedError

    def preview(self, scope: Scope) -> None:
        """Open the replicate screen."""
        self.app.push_screen(PreviewScreen(self.desk, scope), lambda _: self.refresh_soon())

    # Tasks, groups, peers and links

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
            self.select_task(task_id)

    def select_task(self, task_id: str) -> None:
        """Put the cursor on a task as soon as it is in the list."""
        raise NotImplementedError

    def action_edit(self) -> None:
        """Edit what is selected."""
        chosen = self.selection
        if chosen.link is not None:
            self.do(work_peers.edit_link(self, self.desk, chosen.link))
        elif chosen.peer is not None:
            self.do(work_peers.edit_peer(self, self.desk, chosen.peer))
        elif chosen.group is not None and chosen.context == "task":
            view = self.query_one(TaskPane).list.current
            if view is not None:
                self.do(work_tasks.edit_task(self, self.desk, chosen.group, view))
        elif chosen.group is not None:
            self.do(work_tasks.edit_group(self, self.desk, chosen.group))

    def action_switch(self) -> None:
        """Switch tasks or a link on or off."""
        chosen = self.selection
        if chosen.link is not None:
            self.do(work_peers.switch_link(self, self.desk, chosen.link), asks=False)
        elif chosen.group is not None and chosen.tasks:
            kept = chosen.group.kept_by is not None
            self.do(work_tasks.switch_tasks(self, self.desk, chosen.group, chosen.tasks), asks=kept)

    def action_delete(self) -> None:
        """Delete what is selected, after a question."""
        chosen, desk = self.selection, self.desk
        if chosen.link is not None:
            self.do(work_peers.delete_link(self, desk, chosen.link))
        elif chosen.peer is not None:
            self.do(work_peers.delete_peer(self, desk, chosen.peer, self.book.links_with(chosen.peer)))
        elif chosen.group is not None:
            links = self.book.links_of(chosen.group)
            if chosen.tasks:
                self.do(work_tasks.delete_tasks(self, desk, chosen.group, chosen.tasks, links))
            elif chosen.context == "group":
                self.do(work_tasks.delete_group(self, desk, chosen.group, links))
            else:
                desk.tell(self, "A folder goes when its last task goes: mark its tasks and delete them.")

    def action_test_peer(self) -> None:
        """Test the connection to the selected peer."""
        peer = self.selection.peer
        if peer is not None:
            self.do(work_peers.try_connection(self, self.desk, peer), asks=False)

    def action_release(self) -> None:
        """Follow the group's keeper no longer."""
        group = self.selection.group
        if group is not None:
            self.do(work_tasks.release_group(self, self.desk, group))

    # Runs

    def action_run_now(self) -> None:
        """Run the tasks."""
        tasks = self.selection.tasks
        if tasks:
            self.do(work_runs.run_now(self, self.desk, tasks), asks=len(tasks) > 1)

    def action_stop_run(self) -> None:
        """Stop a run: the one under the cursor in the list of runs, else the task's."""
        runs, view = self.query_one(RunList), self.query_one(TaskPane).list.current
        run = runs.current
        if runs.has_focus and isinstance(run, RunView):
            self.do(work_runs.stop_run(self, self.desk, run.id, run.task))
        elif self.selection.context == "task" and view is not None:
            self.do(work_runs.stop_run(self, self.desk, view.id, view.task.path))

    def action_hold(self) -> None:
        """Hold or release the tasks or the group."""
        chosen, book = self.selection, self.book
        if chosen.tasks:
            held = [hold_of(view.group_id, view.id, book.holds) for view in chosen.tasks]
            self.do(work_runs.hold_tasks(self, self.desk, chosen.tasks, held))
        elif chosen.group is not None and chosen.context == "group":
            if chosen.group.intake_paused is not None and book.hold_of(chosen.group) is None:
                self.do(work_history.take_again(self, self.desk, chosen.group))
                return
            self.do(work_runs.hold_group(self, self.desk, chosen.group, book.hold_of(chosen.group)))

    def action_hold_node(self) -> None:
        """Hold or release the whole node."""
        held = next((hold for hold in self.book.holds if hold.scope == "node"), None)
        self.do(work_runs.hold_node(self, self.desk, held))

    def action_why(self) -> None:
        """Say why the task does or does not run."""
        view = self.query_one(TaskPane).list.current
        if self.selection.context == "task" and view is not None:
            self.do(work_runs.explain(self, self.desk, view))

    def action_show_details(self) -> None:
        """Open the details."""
        self.query_one(Details).open("details")

    def action_show_runs(self) -> None:
        """Open the runs."""
        self.query_one(Details).open("runs")

    def action_show_output(self) -> None:
        """Open the output."""
        self.query_one(Details).open("output")

    def action_show_history(self) -> None:
        """Open the history; once it is open, go into it."""
        details = self.query_one(Details)
        if details.tab == "history":
            details.history.focus()
        details.open("history")

    def action_undo(self) -> None:
        """Undo in the selected group: the change under the cursor of the history and all later ones, else the last."""
        group, history = self.selection.group, self.query_one(Details).history
        if group is not None:
            change = history.current if history.has_focus else None
            number = None if change is None else change.number
            self.do(work_history.undo(self, self.desk, group, number))

    # Adding

    def action_add(self) -> None:
        """Choose what to add."""
        actions = [action for action in of("main") if action.id in _ADDABLE]
        self.app.push_screen(Menu("Add", actions), self._added)

    async def _added(self, action: str | None) -> None:
        if action is not None:
            await self.run_action(f"screen.{action}")

    def action_new_group(self) -> None:
        """Create a group."""
        self.do(self._new_group())

    async def _new_group(self) -> None:
        group_id = await work_tasks.add_group(self, self.desk)
        if group_id is not None:
            self.select_place(("group", group_id))

    def action_new_peer(self) -> None:
        """Connect a peer."""
        self.do(self._new_peer())

    async def _new_peer(self) -> None:
        peer_id = await work_peers.add_peer(self, self.desk)
        if peer_id is not None:
            self.select_place(("peer", peer_id))

    def action_invite(self) -> None:
        """Invite a node."""
        group = self.selection.group
        self.do(work_pairing.invite(self, self.desk, group.name if group and group.replicated else ""))

    def action_join(self) -> None:
        """Join a node with a line."""
        self.do(self._join())

    async def _join(self) -> None:
        peer_id = await work_pairing.join(self, self.desk)
        if peer_id is not None:
            self.select_place(("peer", peer_id))

    def action_access(self) -> None:
        """Show who may do what here."""
        self.do(work_pairing.show_access(self, self.desk))

    def select_place(self, key: tuple[str, str]) -> None:
        """Put the cursor on a group or peer as soon as it is in the list."""
        raise NotImplementedError

    def action_new_link(self) -> None:
        """Link a group with a peer."""
        chosen = self.selection
        group = chosen.group.name if chosen.group else ""
        peer = chosen.peer.name if chosen.peer else ""
        if not group and len(self.book.groups) == 1:
            group = self.book.groups[0].name
        self.do(work_peers.add_link(self, self.desk, self.book, group, peer))

    def action_import_file(self) -> None:
        """Import a file."""
        group = self.selection.group
        self.do(work_files.import_file(self, self.desk, self.book.groups, group))

    def action_demo(self) -> None:
        """Say how to see the demo."""
        self.desk.tell(self, "Leave with q, then type: atsn demo")

    # Looking

    def action_filter(self) -> None:
        """Type a filter."""
        if self.selection.group is not None:
            self.query_one(TaskPane).start_filter()

    def action_mark(self) -> None:
        """Mark a task."""
        pane = self.query_one(TaskPane)
        if pane.list.has_focus:
            pane.list.toggle_mark()
            pane.marks_changed()

    def action_mark_all(self) -> None:
        """Mark all tasks, or none."""
        pane = self.query_one(TaskPane)
        if self.selection.group is not None:
            pane.list.toggle_all_marks()
            pane.marks_changed()

    def action_copy(self) -> None:
        """Copy what is shown below the list."""
        details = self.query_one(Details)
        self.app.copy_to_clipboard(details.plain)
        self.desk.tell(self, f"Copied the {details.tab}.")

    def action_clear(self) -> None:
        """End the message, the filter, the marks, or go back to the groups."""
        pane = self.query_one(TaskPane)
        if self.desk.messages.dismiss() or pane.end_filter():
            return
        if pane.list.marked:
            pane.list.marked = set()
            pane.list.refresh()
            pane.marks_changed()
        else:
            self.query_one(Sidebar).focus()
