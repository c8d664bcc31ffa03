"""Editing, switching and deleting what is selected: tasks, groups, peers and links."""

from atsn_tui.console.main import work_peers, work_tasks
from atsn_tui.console.main.refreshing import Refreshing


class Records(Refreshing):
    """Changes what is there."""

    def action_edit(self) -> None:
        """Edit what is selected."""
        chosen = self.selection
        if chosen.link is not None:
            self.do(work_peers.edit_link(self, self.desk, chosen.link))
        elif chosen.peer is not None:
            self.do(work_peers.edit_peer(self, self.desk, chosen.peer))
        elif chosen.group is not None and chosen.context == "task":
            view = self.task_pane.list.current
            if view is not None:
                self.do(work_tasks.edit_task(self, self.desk, chosen.group, view))
        elif chosen.group is not None:
            self.do(work_tasks.edit_group(self, self.desk, chosen.group))

    def action_switch(self) -> None:
        """Switch tasks or a link on or off."""
        chosen = self.selection
        if chosen.link is not None:
            self.do(work_peers.switch_link(self, self.desk, chosen.link), asks=False)
            return
        tasks = chosen.tasks or self.marked
        if chosen.group is not None and tasks:
            kept = chosen.group.kept_by is not None
            self.do(work_tasks.switch_tasks(self, self.desk, chosen.group, tasks), asks=kept)
        else:
            self.choose_first("a task or a link")

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
