"""The latest runs of a task or group, and the due times that did not run."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import fit, visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.runs import decision_line, last_word, remark, run_sign, trigger, under_way
from atsn_tui.console.look.times import Clock
from atsn_tui.node.runs.views import DecisionView, RunView

Entry = RunView | DecisionView

_WORD = 12


def moment(entry: Entry) -> str:
    """When it began, or was to begin, RFC 3339."""
    if isinstance(entry, DecisionView):
        return entry.last_at
    return entry.started_at or entry.due_at


def newest_first(runs: Iterable[RunView], skipped: Iterable[DecisionView]) -> list[Entry]:
    """Both in one list."""
    return sorted([*runs, *skipped], key=lambda entry: datetime.fromisoformat(moment(entry)), reverse=True)


class RunList(LineList[Entry]):
    """How it went, when, and why."""

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._named = False

    def show_runs(self, entries: Sequence[Entry], empty: str, named: bool) -> None:
        """Show entries; with `named`, each with the task that it is of."""
        self.empty, self._named = empty, named
        self.show(entries)

    @property
    def runs(self) -> list[RunView]:
        """The runs alone."""
        return [entry for entry in self.items if isinstance(entry, RunView)]

    @property
    def moving(self) -> bool:
        """Whether one of them has not ended."""
        return any(under_way(run) for run in self.runs)

    @property
    def latest(self) -> RunView | None:
        """The latest run that began; else one that waits."""
        runs = self.runs
        return next((run for run in runs if run.started_at is not None), runs[0] if runs else None)

    @property
    def plain(self) -> str:
        """All of them as text."""
        return "\n".join(
            "".join(text for text, _ in line).rstrip() for item in self.items for line in self.draw(item, 200)
        )

    def key_of(self, item: Entry) -> Hashable:
        """The run's id; a decision has none."""
        if isinstance(item, RunView):
            return item.id
        return (item.task_id, item.kind, item.trigger, item.first_at)

    def draw(self, item: Entry, width: int) -> list[Line]:
        """One line."""
        when = self._clock.brief(moment(item))
        name = f"{visible(item.task)}  " if self._named else ""
        if isinstance(item, DecisionView):
            line: Line = [("· ", "muted"), (fit("not run", _WORD), "muted"), (f"  {when}  ", "ink")]
            return [[*line, (name, "ink"), (visible(decision_line(item)), "muted")]]
        sign = run_sign(item)
        why = "  ".join(part for part in (trigger(item), remark(item)) if part)
        line = [(f"{sign.glyph} ", sign.role), (fit(last_word(item, self._clock), _WORD), sign.role)]
        return [[*line, (f"  {when}  ", "ink"), (name, "ink"), (visible(why), "muted")]]
