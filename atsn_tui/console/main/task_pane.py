"""The tasks of a group or folder, with a filter."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.times import Clock
from atsn_tui.console.main.task_list import TaskList, heading
from atsn_tui.console.title import TitleLine
from atsn_tui.model.task import Command, Email, Http
from atsn_tui.model.words import plural
from atsn_tui.node.runs.views import HoldView, RunView
from atsn_tui.node.views import GroupView, TaskView


class FilterInput(Input):
    """Where the filter is typed; enter and down go on to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,tab", "submit", show=False),
        Binding("escape", "screen.clear", show=False),
    ]


class TaskPane(Vertical):
    """Title, filter, column titles and the list."""

    DEFAULT_CSS = """
    TaskPane { height: 1fr; }
    TaskPane #filter { height: 1; border: none; padding: 0 1; background: $field; }
    """

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._group: GroupView | None = None
        self._folder = ""
        self._tasks: Sequence[TaskView] | None = None
        self._held = False
        self.filtering = False
        """Whether the filter is open."""

    def compose(self) -> ComposeResult:
        """Three lines above the list."""
        yield TitleLine(id="task-title")
        yield FilterInput(id="filter", placeholder="Show only tasks that contain …", compact=True)
        yield TitleLine(id="task-columns")
        yield TaskList(self._clock, id="tasks")

    def on_mount(self) -> None:
        """Begin without a filter."""
        field = self.query_one(FilterInput)
        field.display = False
        field.cursor_blink = False

    @property
    def list(self) -> TaskList:
        """The list itself."""
        return self.query_one(TaskList)

    def show(self, group: GroupView | None, folder: str, tasks: Sequence[TaskView] | None) -> None:
        """Show a group's tasks, or those of one of its folders; None while they are being read."""
        self._group, self._folder, self._tasks = group, folder, tasks
        self._refilter()

    def show_runs(self, runs: Mapping[str, RunView], holds: Sequence[HoldView], held: bool) -> None:
        """How its tasks went last, what is held on this node, and whether that is the whole group."""
        self.list.show_runs(runs, holds)
        if held != self._held:
            self._held = held
            self._retitle()

    def on_resize(self) -> None:
        """Share the width out anew."""
        self.call_after_refresh(self._retitle)

    def start_filter(self) -> None:
        """Open the filter and type into it."""
        self.filtering = True
        field = self.query_one(FilterInput)
        field.display = True
        self.screen.set_focus(field)  # at once, so that what is typed ahead is not lost

    def end_filter(self) -> bool:
        """Show all tasks again; False if there was no filter."""
        if not self.filtering:
            return False
        self.filtering = False
        field = self.query_one(FilterInput)
        had_focus = field.has_focus
        field.value = ""
        field.display = False
        if had_focus:
            self.list.focus()
        return True

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._refilter()

    @on(Input.Submitted, "#filter")
    def _filter_done(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value:
            self.end_filter()
        self.list.focus()

    def _refilter(self) -> None:
        inside = [view for view in self._tasks or () if _in_folder(view, self._folder)]
        wanted = self.query_one(FilterInput).value.casefold()
        shown = [view for view in inside if wanted in _searched(view)] if wanted else inside
        if self._tasks is None:
            empty = "Reading …" if self._group is not None else ""
        elif inside:
            empty = "No task contains that."
        else:
            empty = "No tasks here yet: press n to add one."
        self.list.show_tasks(self._group, shown, self._folder, empty)
        self._inside = len(inside)
        self._retitle()

    def _retitle(self) -> None:
        if self._group is None:
            return
        title: Line = [(visible(self._group.name), "strong")]
        if self._folder:
            title.append((f" / {visible(self._folder)}", "strong"))
        if not self._group.replicated:
            title.append(("  local", "muted"))
        if self._group.kept_by is not None:
            title.append((f"  kept by {visible(self._group.kept_by)}", "warn"))
        if self._held:
            title.append(("  ‖ held", "warn"))
        self.query_one("#task-title", TitleLine).show(title, self._note())
        width = self.list.text_width - 1
        self.query_one("#task-columns", TitleLine).show(heading(width))

    def _note(self) -> Line:
        shown = len(self.list.items)
        if self.list.marked:
            return [(f"{len(self.list.marked):,} marked", "accent")]
        if self._tasks is None:
            return [("reading …", "muted")]
        if shown != self._inside:
            return [(f"{shown:,} of {plural(self._inside, 'task')}", "accent")]
        return [(plural(shown, "task"), "muted")]

    def marks_changed(self) -> None:
        """Count the marks anew."""
        self._retitle()


def _in_folder(view: TaskView, folder: str) -> bool:
    return not folder or view.task.folder == folder or view.task.folder.startswith(folder + "/")


def _searched(view: TaskView) -> str:
    match view.task.action:
        case Command() as command:
            action = command.command or " ".join(command.argv)
        case Http() as http:
            action = http.url
        case Email() as email:
            action = email.subject
    return f"{view.task.path}\n{action}\n{view.schedule}\n{view.task.notes}".casefold()
