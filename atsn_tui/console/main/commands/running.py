"""Running, stopping and holding tasks, why one does not run, and taking back what was changed."""

from atsn_tui.console.look.runs import hold_of
from atsn_tui.console.main import work_history, work_runs
from atsn_tui.console.main.refreshing import Refreshing
from atsn_tui.node.runs.views import RunView


class Running(Refreshing):
    """Asks for runs, holds, and undoing."""

    def action_run_now(self) -> None:
        """Run the tasks."""
        tasks = self.selection.tasks or self.marked
        if tasks:
            self.do(work_runs.run_now(self, self.desk, tasks), asks=len(tasks) > 1)
        else:
            self.choose_first("a task")

    def action_stop_run(self) -> None:
        """Stop a run: the one under the cursor in the list of runs, else the task's."""
        runs, view = self.details.runs, self.task_pane.list.current
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
        view = self.task_pane.list.current
        if self.selection.context == "task" and view is not None:
            self.do(work_runs.explain(self, self.desk, view))
        else:
            self.choose_first("a task")

    def action_undo(self) -> None:
        """Undo in the selected group: the change under the cursor of the history and all later ones, else the last."""
        group, history = self.selection.group, self.details.history
        if group is not None:
            change = history.current if history.has_focus else None
            number = None if change is None else change.number
            self.do(work_history.undo(self, self.desk, group, number))
