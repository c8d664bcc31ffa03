"""Whether a primary's history goes on from where its receiver saw it last: it does not after a restore or in a copy."""

from dataclasses import dataclass

from atsn_tui.model.peer import Direction
from atsn_tui.replication.brake import restored
from atsn_tui.replication.replica import HeadInfo, Replica


@dataclass(frozen=True)
class Back:
    """A primary whose history went back, or elsewhere."""

    lacks: bool
    """Whether it has another state in the place of the one that its receiver saw."""


async def gone_back(
    near: Replica, here: HeadInfo, there: HeadInfo, group_id: str, direction: Direction
) -> Back | None:
    """How the history of a link's primary went back since its receiver saw it last; None: it did not.

    `here` and `there` are what `near` and the far side told. The receiver judges again; this only saves asking it.
    """
    if direction == "pull":
        primary, seen, lacks = there, here.seen, there.lacks
    else:
        primary, seen = here, there.seen
        lacks = seen is not None and (await near.head(group_id, here.name or "", "push", None, seen)).lacks
    if primary.head is None or not restored(primary.head, seen, primary.restored, lacks=lacks):
        return None
    return Back(lacks)
