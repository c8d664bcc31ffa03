"""What an engine is given by the scheduler that makes it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from atsn_tui.runner.scheduling.clock import Clock
from atsn_tui.runner.scheduling.events import SchedulerEvent
from atsn_tui.runner.scheduling.executor import Executor
from atsn_tui.runner.scheduling.place import Allowed, Limits, Place
from atsn_tui.runner.scheduling.records import Records
from atsn_tui.store.instants import Key


@dataclass(frozen=True)
class EngineContext:
    """All of it outlives the engine."""

    store: Records
    executor: Executor
    clock: Clock
    place: Place
    limits: Limits
    allowed: Allowed
    emit: Callable[[SchedulerEvent], None]
    begun: int
    """When the service started, in µs."""
    poll: float = 1.0
    """Seconds between looks at what others have written, unless something makes it look at once."""
    reported: bool = False
    """Nobody wants to be told of ends."""
    stir: Callable[[], None] = lambda: None
    """Told whenever a piece of long work is done."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    fired: dict[Key, frozenset[str]] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    """The groups that were there when the service started."""
