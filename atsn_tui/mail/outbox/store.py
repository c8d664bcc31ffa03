"""Where queued messages are kept. Several processes may work on the same queue."""

from collections.abc import Collection
from typing import Protocol

from atsn_tui.model.mail import Outgoing


class OutboxStore(Protocol):
    """Keeps the queue; each method is one transaction. Dates are microseconds since the epoch."""

    async def save(self, item: Outgoing) -> None:
        """Add the item, or replace the one of its id."""
        ...

    async def claim(self, now: int, until: int, avoid: Collection[str]) -> Outgoing | None:
        """Take the waiting item that is due longest, but for those whose route is to be avoided.

        Its `next_at` becomes `until` in the same transaction, so that nobody else takes it before; the item is
        returned like that.
        """
        ...

    async def next_at(self, avoid: Collection[str]) -> int | None:
        """The earliest `next_at` of the waiting items, but for those routes."""
        ...

    async def waiting(self) -> int:
        """How many items wait."""
        ...
