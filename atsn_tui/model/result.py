"""What a link would do or did: the form that console, command line and reports share."""

from typing import Any, Literal

from msgspec import Struct, field

from atsn_tui.model.brake import Brake
from atsn_tui.model.peer import Direction
from atsn_tui.model.plan import Mode, Op

State = Literal[
    "in_sync", "differs", "applied", "held", "moved", "unreachable", "refused", "version_mismatch", "failed"
]


class FieldChange(Struct, frozen=True, kw_only=True, rename={"before": "from", "after": "to"}):
    """One field of a record, before and after. A secret shows only as hidden or changed."""

    field: str
    before: Any = None
    after: Any = None


class ChangeView(Struct, frozen=True, kw_only=True):
    """One change as a person reads it."""

    op: Op
    task_id: str
    name: str
    """Folder and name of the task, or the group's name."""
    why: str
    modified_at: str | None = None
    """The winning record's date; None for a deletion."""
    replaced_at: str | None = None
    """When the receiver's version was last edited that is replaced or deleted; None for what it lacks."""
    fields: tuple[FieldChange, ...] = ()


class Applied(Struct, frozen=True, kw_only=True):
    """How many records an apply touched."""

    added: int = 0
    updated: int = 0
    deleted: int = 0
    settings: int = 0


class LeftAlone(Struct, frozen=True, kw_only=True):
    """How many records of the secondary easy mode leaves as they are, though the primary's are others."""

    newer: int = 0
    """Edited later on the secondary."""
    extra: int = 0
    """Only there."""


class ErrorView(Struct, frozen=True, kw_only=True):
    """An error as JSON shows it."""

    code: str
    message: str


class LinkResult(Struct, frozen=True, kw_only=True):
    """One link's part of a diff or a cycle."""

    group: str
    group_id: str | None
    peer: str
    direction: Direction
    mode: Mode
    state: State
    link_id: str | None = None
    changes: tuple[ChangeView, ...] = ()
    conflicts: tuple[ChangeView, ...] = ()
    left_alone: LeftAlone = field(default_factory=LeftAlone)
    notes: tuple[str, ...] = ()
    applied: Applied = field(default_factory=Applied)
    total: int = 0
    """Changes in the plan, with those that a remembered result leaves out."""
    deletions: int = 0
    """Deletions in the plan, which a held cycle waits for."""
    brakes: tuple[Brake, ...] = ()
    """Why the receiver would hold the plan; empty: nothing stands in its way."""
    error: ErrorView | None = None
    repeated: bool = False
    """Held just as in the cycle before, which has told of it."""


class CycleReport(Struct, frozen=True, kw_only=True):
    """One carried-out round over links."""

    id: str
    trigger: Literal["hand", "schedule"]
    started_at: str
    ended_at: str
    links: tuple[LinkResult, ...] = ()


EXIT_CODES: dict[str, int] = {
    "in_sync": 0,
    "applied": 0,
    "differs": 1,
    "refused": 3,
    "unreachable": 4,
    "moved": 5,
    "held": 6,
    "version_mismatch": 7,
    "failed": 10,
}
"""The exit code of each state."""
