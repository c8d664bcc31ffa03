"""One side of a link, near or far: the boundary that planning and applying are written against."""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct, field

from atsn_tui.model.brake import Allowance, Brake
from atsn_tui.model.digest import BUCKETS
from atsn_tui.model.plan import MAX_CHANGES, Plan
from atsn_tui.model.record import Head, Record, Row
from atsn_tui.model.text import new_id

Purpose = Literal["pull", "push"]

Path = Annotated[tuple[str, ...], Meta(max_length=1000)]
"""Ids of nodes."""


class HeadInfo(Struct, frozen=True, array_like=True):
    """How a group stands on one side."""

    head: Head | None
    """None where the group does not exist."""
    name: str | None = None
    path: Path = ()
    """Ids of the nodes that its state came through, this one last."""
    restored: int | None = None
    """When the backup was made that this node was last restored from, in µs."""
    seen: Head | None = None
    """A receiver: the other side's head when something of it was last applied here."""
    lacks: bool = False
    """A primary that was told such a head of its own: whether its history has another state in that place."""


class Outline(Struct, frozen=True, array_like=True):
    """A group without its tasks: enough to tell where two sides differ."""

    settings: Row
    buckets: Annotated[tuple[bytes, ...], Meta(max_length=BUCKETS)]
    """The hashes of all buckets."""


class Proposal(Struct, frozen=True, array_like=True):
    """A plan with everything that its receiver needs to judge and apply it."""

    plan: Plan
    bodies: Annotated[tuple[bytes, ...], Meta(max_length=MAX_CHANGES)]
    """The new content of every record that the plan adds or replaces, in the plan's order."""
    head: Head
    """The primary's head that the plan was computed from."""
    path: Path
    attended: bool
    """Whether a person looked at this very plan."""
    cycle: str
    max_deletions: int | None = None
    """The link's own limit; a pushed one can only be tighter than the receiver's."""

    restored: int | None = None
    """When the backup was made that the primary was last restored from, in µs."""

    lacks: bool = False
    """Whether the primary's history has another state in the place of the one that the receiver saw last."""

    id: str = field(default_factory=new_id)
    """By this it can be taken back."""

    @property
    def records(self) -> tuple[Record, ...]:
        """Every record that the plan adds or replaces, as far as it brings bodies for them."""
        rows = [change.after for change in self.plan.changes if change.after is not None]
        return tuple(
            Record(row.id, row.modified, body, row.fingerprint)
            for row, body in zip(rows, self.bodies, strict=False)
        )


class Verdict(Struct, frozen=True, array_like=True):
    """What the receiver says about a proposal before it is applied."""

    notes: Annotated[tuple[str, ...], Meta(max_length=MAX_CHANGES)] = ()
    brakes: Annotated[tuple[Brake, ...], Meta(max_length=1000)] = ()
    secrets: Annotated[tuple[str, ...], Meta(max_length=MAX_CHANGES)] = ()
    """Names of credentials whose secret would change."""


class Replica(Protocol):
    """A node's copy of groups, as the other end of a link may use it."""

    async def head(
        self,
        group_id: str,
        name: str,
        purpose: Purpose,
        have: bytes | None = None,
        seen: Head | None = None,
    ) -> HeadInfo:
        """How the group stands. Refused if the asker is not allowed to ask.

        `have` is the asker's digest, `seen` the head that a receiver saw of this side last.
        """
        ...

    async def outline(self, group_id: str, digest: bytes, purpose: Purpose) -> Outline:
        """The settings' row and the bucket hashes. Moved if the group no longer has that digest.

        Refused if it may not be used for that purpose.
        """
        ...

    async def rows(
        self, group_id: str, digest: bytes, buckets: Mapping[int, bytes], known: Collection[Row] = ()
    ) -> dict[str, Row]:
        """The tasks' rows by id in those buckets, which have those hashes. `known` are the other side's.

        Moved if the group no longer has that digest.
        """
        ...

    async def bodies(self, group_id: str, ids: list[str]) -> dict[str, Record]:
        """The records of those ids that exist; the settings go by the group's id.

        Withheld secrets are empty, and then the record's fingerprint does not match its body.
        """
        ...

    async def propose(self, proposal: Proposal) -> Verdict:
        """Judge a plan without applying it. Moved, Refused or BadInput if it cannot be applied at all."""
        ...

    async def commit(self, proposal: Proposal, verdict: Verdict, allow: Allowance) -> Head:
        """Apply the plan proposed just before, in one transaction, and return the new head.

        Held if a brake is not covered by `allow`, Moved if the state changed; then nothing is changed.
        """
        ...

    async def withdraw(self, group_id: str, proposal: str) -> Head | None:
        """Take back the plan of that id: what has not been applied by now never is. The head says which is the case."""
        ...
