"""The agenda as front ends see it: rows in the order of time. All moments are RFC 3339 in UTC."""

from typing import Literal

from msgspec import Struct

from atsn_tui.model.run import DecisionKind
from atsn_tui.node.runs.views import RunView

RowKind = Literal["run", "skipped", "due", "together", "gap"]
"""`run` ran or runs; `skipped` was due and did not run; `due` is to come; `together` heads tasks of one minute;
`gap` is a stretch in which no service ran."""


class AgendaRow(Struct, frozen=True, kw_only=True):
    """One line of the agenda: one thing, or many of one task that are alike."""

    kind: RowKind
    at: str
    """Where it stands: of several runs the latest that failed, else the latest; of several due times the next."""
    first_at: str | None = None
    """Of several: the first of them. Of a gap: None."""
    last_at: str | None = None
    """Of several: the last of them. Of a gap: its end, None while it lasts."""
    group: str = ""
    group_id: str = ""
    task: str = ""
    """Folder and name."""
    task_id: str = ""
    schedule: str = ""
    """In words, for a task that is there."""
    count: int = 1
    """How many runs or due times; of `together`, how many tasks."""
    exact: bool = True
    """False: there were more than are remembered."""
    failed: int = 0
    """How many of them failed."""
    run: RunView | None = None
    """The run that stands for them: the latest that failed, else the latest."""
    why: str = ""
    """Why it did not run, or will not."""
    reason: DecisionKind | None = None
    """The same in one word; None where nothing stands in the way."""
    together: int = 0
    """How many tasks begin in the same minute, this one included; 0 if it is alone."""
    beside: int = 0
    """How many runs that began in an earlier minute were, or will be, still under way when it begins."""
    beside_tasks: tuple[str, ...] = ()
    """Some of them by name."""

    @property
    def trouble(self) -> bool:
        """Whether it failed, or did not run because nobody was there to run it."""
        return self.failed > 0 or self.kind == "gap"


class Busiest(Struct, frozen=True, kw_only=True):
    """The minute of the time to come in which most tasks begin."""

    at: str
    tasks: int


class AgendaView(Struct, frozen=True, kw_only=True):
    """The time around now."""

    now: str
    since: str
    until: str
    zone: str
    """The node's time zone."""
    service: Literal["running", "stopped"]
    group: str | None
    """None: all groups."""
    past: tuple[AgendaRow, ...]
    """In the order of time."""
    ahead: tuple[AgendaRow, ...]
    """In the order of time."""
    ran: int = 0
    """Runs in the past part that have begun."""
    failed: int = 0
    """How many of them failed."""
    missed: int = 0
    """Due times in the past part that did not run."""
    due: int = 0
    """Due times to come that nothing stands in the way of."""
    busiest: Busiest | None = None
    """None where no two tasks begin in the same minute."""
