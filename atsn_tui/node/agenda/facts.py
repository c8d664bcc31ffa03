"""What an agenda is made from, read at one moment. All moments are in µs since 1970, UTC."""

from collections.abc import Mapping

from msgspec import Struct

from atsn_tui.model.run import Decision, DecisionKind, Run
from atsn_tui.schedule.minutes import Minutes

MINUTE = 60_000_000


class TaskFacts(Struct, frozen=True, kw_only=True):
    """One task: when it is due, and what will keep it from running."""

    group_id: str
    task_id: str
    path: str
    schedule: str
    """In words."""
    ahead: Minutes
    """Its due times to come. Tasks with the same schedule share them."""
    overdue: Minutes = {}
    """Due times that have passed and that nobody has decided about, because no service runs."""
    why: str = ""
    """What keeps it from running; empty: nothing."""
    reason: DecisionKind | None = None
    why_until: int | None = None
    """When that ends by itself; None: not by itself."""

    @property
    def key(self) -> tuple[str, str]:
        """Group and task."""
        return self.group_id, self.task_id


class Facts(Struct, frozen=True, kw_only=True):
    """Everything that an agenda is made from."""

    now: int
    since: int
    until: int
    zone: str
    running: bool
    """Whether a service runs."""
    group: str | None
    names: Mapping[str, str]
    """Of all groups, by id."""
    runs: tuple[Run, ...]
    """Those that had not ended before `since`."""
    kept: int
    """How many runs of a task are kept: if there are so many, there may have been more."""
    decisions: tuple[Decision, ...]
    """Those that were made after `since`."""
    tasks: tuple[TaskFacts, ...]
