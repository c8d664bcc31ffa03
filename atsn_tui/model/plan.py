"""A plan: what one side would have to change to follow the other."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from atsn_tui.model.record import Row

Mode = Literal["easy", "strict"]
Op = Literal["add", "update", "delete", "settings"]
Why = Literal[
    "missing here", "newer on primary", "older on primary", "same date, other content", "only on secondary"
]


MAX_CHANGES = 500_000
"""The most changes of one plan: more tasks than a message has room for."""


class Side(Struct, frozen=True):
    """One side of a merge. `settings` is None where the group does not exist."""

    group_id: str
    settings: Row | None
    tasks: dict[str, Row]
    digest: bytes | None
    """None where the group does not exist."""
    buckets: tuple[bytes, ...] | None = None
    """The hashes of all buckets. With them, `tasks` need only hold those buckets in which the sides differ."""


class Change(Struct, frozen=True, array_like=True):
    """One record that the plan adds, replaces or deletes on the secondary, and why."""

    op: Op
    id: str
    why: Why
    before: Row | None
    after: Row | None


class Conflict(Struct, frozen=True, array_like=True):
    """Two contents with the same date, which easy mode leaves alone."""

    id: str
    primary: Row
    secondary: Row


class Plan(Struct, frozen=True, array_like=True):
    """The changes of one link, with the digests of both sides that they were computed from."""

    group_id: str
    mode: Mode
    primary: bytes
    """The primary's digest."""
    base: bytes | None
    """The secondary's digest; None where it lacks the group."""
    promise: bytes
    """The secondary's digest once the plan is applied."""
    changes: Annotated[tuple[Change, ...], Meta(max_length=MAX_CHANGES)] = ()
    conflicts: Annotated[tuple[Conflict, ...], Meta(max_length=MAX_CHANGES)] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes

    def count(self, op: Op) -> int:
        """How many changes of that kind the plan holds."""
        return sum(change.op == op for change in self.changes)
