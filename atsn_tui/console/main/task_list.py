"""The table of tasks."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import fit, right, visible
from atsn_tui.console.look.roles import Cell, Line
from atsn_tui.console.look.schedules import next_at
from atsn_tui.console.look.states import task_sign
from atsn_tui.console.look.times import NOTHING, Clock
from atsn_tui.console.look.wrapping import fit_line, line_width
from atsn_tui.node.views import GroupView, TaskView

MARKED = "◆"


class Columns(NamedTuple):
    """The widths of the columns behind the glyph, in cells."""

    name: int
    schedule: int
    last: int
    next: int


def columns(width: int) -> Columns:
    """How a line of `width` cells is shared out; two blanks stand between columns."""
    schedule = 14 if width < 70 else 26
    last, following = (4, 6) if width < 70 else (10, 8)
    gaps = 2 + 3 * 2
    return Columns(max(8, width - schedule - last - following - gaps), schedule, last, following)


def heading(width: int) -> Line:
    """The titles of the columns, for a line of `width` cells."""
    share = columns(width)
    return [
        (
            f"  {fit('Name', share.name)}  {fit('Schedule', share.schedule)}"
            f"  {fit('Last', share.last)}  {right('Next', share.next)}",
            "muted",
        )
    ]


class TaskList(LineList[TaskView]):
    """Tasks: state, name, schedule, last run, next run."""

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self.marked: set[str] = set()
        self._group: GroupView | None = None
        self._folder = ""

    def show_tasks(self, group: GroupView | None, tasks: Sequence[TaskView], folder: str, empty: str) -> None:
        """Show tasks of a group; their names leave out `folder`, in which they all are."""
        self._group, self._folder = group, folder
        self.empty = empty
        self.marked &= {view.id for view in tasks}
        self.show(tasks)

    def key_of(self, item: TaskView) -> Hashable:
        """The task's id."""
        return item.id

    def draw(self, item: TaskView, width: int) -> list[Line]:
        """One line."""
        share = columns(width)
        sign = task_sign(item)
        on = item.task.enabled
        glyph: Cell = (MARKED, "accent") if item.id in self.marked else (sign.glyph, sign.role)
        line: Line = [glyph, (" ", "ink"), *self._name_cells(item, share.name)]
        line.append((f"  {fit(visible(item.schedule) or NOTHING, share.schedule)}", "ink" if on else "muted"))
        line.append((f"  {fit(NOTHING, share.last)}", "muted"))
        line.append((f"  {right(self._next(item), share.next)}", "ink" if on else "muted"))
        return [line]

    def _name_cells(self, item: TaskView, width: int) -> Line:
        folder = item.task.folder
        if self._folder:
            folder = folder[len(self._folder) :].removeprefix("/")
        cells: Line = [(visible(item.task.name), "ink" if item.task.enabled else "muted")]
        if folder:
            prefix = visible(folder) + "/"
            room = width - line_width(cells)
            cells.insert(0, (prefix if cell_len(prefix) <= room else "…/", "muted"))
        cells = fit_line(cells, width)
        return [*cells, (" " * (width - line_width(cells)), "ink")]

    def _next(self, item: TaskView) -> str:
        if not item.task.enabled:
            return "off"
        return self._clock.ago(next_at(item, self._group, self._clock)).removeprefix("in ")

    def toggle_mark(self) -> None:
        """Mark the task under the cursor or take its mark away, and go on to the next."""
        if self.current is not None:
            self.marked ^= {self.current.id}
            self.action_down()
            self.refresh()

    def toggle_all_marks(self) -> None:
        """Mark every task that is shown; if all are marked, none."""
        shown = {view.id for view in self.items}
        self.marked = set() if shown <= self.marked else shown
        self.refresh()

    def chosen(self) -> list[TaskView]:
        """The marked tasks in their order, else the one under the cursor."""
        marked = [view for view in self.items if view.id in self.marked]
        return marked or ([] if self.current is None else [self.current])
