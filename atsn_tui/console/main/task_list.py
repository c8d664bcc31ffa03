"""The table of tasks."""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import fit, right, visible
from atsn_tui.console.look.roles import Cell, Line
from atsn_tui.console.look.runs import hold_of, last_word, run_sign, standing_sign, under_way
from atsn_tui.console.look.schedules import next_at
from atsn_tui.console.look.times import NOTHING, Clock
from atsn_tui.console.look.wrapping import fit_line, line_width
from atsn_tui.node.runs.views import HoldView, RunView
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
    last, following = (9, 6) if width < 70 else (12, 8)
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
        self._runs: Mapping[str, RunView] = {}
        self._holds: Sequence[HoldView] = ()

    def show_runs(self, runs: Mapping[str, RunView], holds: Sequence[HoldView]) -> None:
        """How its tasks went last, by their ids, and what is held on this node."""
        if (runs, holds) != (self._runs, self._holds):
            self._runs, self._holds = runs, holds
            self.refresh()

    @property
    def moving(self) -> bool:
        """Whether something runs, so that its length changes from second to second."""
        return any(under_way(run) for run in self._runs.values())

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
        run = self._runs.get(item.id)
        hold = hold_of(item.group_id, item.id, self._holds)
        sign = standing_sign(item, run, hold)
        on = item.task.enabled
        glyph: Cell = (MARKED, "accent") if item.id in self.marked else (sign.glyph, sign.role)
        line: Line = [glyph, (" ", "ink"), *self._name_cells(item, share.name)]
        line.append((f"  {fit(visible(item.schedule) or NOTHING, share.schedule)}", "ink" if on else "muted"))
        last = (sign.word, sign.role) if sign.word == "held" else self._last(run, share.last)
        line.append((f"  {fit(last[0], share.last)}", last[1]))
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

    def _last(self, run: RunView | None, width: int) -> Cell:
        role = "muted" if run is None or run.state == "ok" else run_sign(run).role
        text = last_word(run, self._clock)
        return (text if run is None or len(text) <= width else run_sign(run).word), role

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
