"""What every part of replication is given: the store, the node's own facts, and a clock."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from atsn_tui.home.config import BrakeLimits
from atsn_tui.home.sections import ClockLimits
from atsn_tui.model.result import CycleReport
from atsn_tui.replication.refusals import Refusals
from atsn_tui.replication.troubles import Troubles
from atsn_tui.store.database.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Context:
    """The near node as replication sees it."""

    store: Store
    name: str
    now: Callable[[], int]
    """Microseconds since the epoch, UTC."""
    limits: BrakeLimits = BrakeLimits()
    connect: bool = True
    """Whether this node connects to peers, or only waits for them."""
    answer_timeout: float = 60.0
    """Seconds to wait for one answer of a peer; a large plan takes the receiver a while."""
    tell: Callable[[CycleReport], Awaitable[None]] | None = None
    """Told of every cycle that was carried out here, whoever asked for it."""
    clock: ClockLimits = ClockLimits()
    """How far a peer's clock may be from this one."""

    refusals: Refusals = field(default_factory=Refusals)
    """Whom this node said no to."""

    troubles: Troubles = field(default_factory=lambda: Troubles(log))
    """What keeps results from being kept, such as a full disk: told once, however many cycles it lasts."""

    def pulse(self) -> int | None:
        """For how many µs this node's scheduler has taken no turn; None: no service runs here."""
        return self.store.home.pulse().age(self.now())

    @property
    def node_id(self) -> str:
        """This node's id."""
        return self.store.node_id
