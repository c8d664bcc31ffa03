"""The in-memory twin of the queue's table."""

from collections.abc import Collection

from msgspec.structs import replace

from atsn_tui.model.mail import Outgoing


class MemoryOutboxStore:
    """A queue that ends with the process."""

    def __init__(self) -> None:
        self.items: dict[str, Outgoing] = {}

    async def save(self, item: Outgoing) -> None:
        """Add the item, or replace the one of its id."""
        self.items[item.id] = item

    async def claim(self, now: int, until: int, avoid: Collection[str]) -> Outgoing | None:
        """Take the waiting item that is due longest."""
        due = [item for item in self._waiting(avoid) if item.next_at <= now]
        if not due:
            return None
        taken = replace(min(due, key=_order), next_at=until)
        self.items[taken.id] = taken
        return taken

    async def next_at(self, avoid: Collection[str]) -> int | None:
        """The earliest date of the waiting items."""
        return min((item.next_at for item in self._waiting(avoid)), default=None)

    async def waiting(self) -> int:
        """How many items wait."""
        return len(self._waiting(()))

    def _waiting(self, avoid: Collection[str]) -> list[Outgoing]:
        return [item for item in self.items.values() if item.state == "waiting" and item.route not in avoid]


def _order(item: Outgoing) -> tuple[int, int]:
    return (item.next_at, item.created_at)
