"""Running the tasks of a node: the scheduler with everything that it needs here."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from atsn_tui.home.config import Config
from atsn_tui.home.home import Home
from atsn_tui.home.pulse import leave
from atsn_tui.host.background import in_background
from atsn_tui.host.heartbeat import Heart
from atsn_tui.host.office import Office
from atsn_tui.host.telling import Teller
from atsn_tui.host.waking import listening
from atsn_tui.runner.execution.actions import perform
from atsn_tui.runner.execution.executor import NodeExecutor
from atsn_tui.runner.execution.inside import Inside, Outcome
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.jobs.policy import why_not
from atsn_tui.runner.scheduling.executor import Work
from atsn_tui.runner.scheduling.place import Place
from atsn_tui.runner.scheduling.scheduler import Scheduler
from atsn_tui.store.database.store import Store

T = TypeVar("T")

PULSE = 5_000_000
"""µs between two signs of life."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class _Quietly:
    """The store as the scheduler uses it, who need not be told of what it writes itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read = store.read
        self.data_version = store.data_version

    async def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """As the store's own."""
        return await self._store.write(function, tell=False)


class TaskRunner:
    """Runs a node's tasks, sends what mail they make, and beats while it does. Commands outlive it."""

    def __init__(
        self, home: Home, config: Config, store: Store, zone: str, office: Office | None = None
    ) -> None:
        self._node_id, self._zone = store.node_id, zone
        self._mail = config.mail
        office = office or Office()
        self._teller = Teller(home, config, store, zone, office)
        self._executor = NodeExecutor(home, config.name, config.variables, Inside(home, self._perform))
        self._place = self._place_of(config)
        self._lock, self._bell = home.service_lock, home.wake
        self._left = 0
        self._scheduler = Scheduler(
            _Quietly(store),
            self._executor,
            self._place,
            allowed=why_not,
            on_end=self._teller.tell,
            on_turn=self._turned,
        )
        self._on_ring = [self._scheduler.notice, self._teller.outbox.wake]
        """Another process may have changed a task, asked for something, or put mail into the queue."""
        self._heart = Heart(config.heartbeat, lambda: self._scheduler.beat, store, office)

    async def run(self) -> None:
        """Do so until cancelled."""
        aside = [
            in_background(self._teller.outbox.run(), "sending mail"),
            in_background(self._heart.run(), "the heartbeat"),
        ]
        try:
            with listening(self._bell, self._rung):
                await self._scheduler.run()
        finally:
            for task in aside:
                task.cancel()
            await asyncio.gather(*aside, return_exceptions=True)

    def change(self, config: Config) -> None:
        """Go on with other options. No command is disturbed, and what began with the service does not begin anew."""
        self._mail = config.mail
        self._teller.change(config)
        self._heart.change(config.heartbeat)
        self._executor.change(config.name, config.variables)
        place = self._place_of(config)
        if place != self._place:
            self._place = place
            self._scheduler.change(place=place)

    async def _perform(self, work: Work, about: About, variables: Mapping[str, str]) -> Outcome:
        return await perform(work, about, variables, self._mail)

    def on_ring(self, call: Callable[[], None]) -> None:
        """Call this, too, whenever somebody has written to the database and rung."""
        self._on_ring.append(call)

    def _rung(self) -> None:
        for call in self._on_ring:
            call()

    def stuck(self) -> float:
        """For how many seconds the scheduler has hung."""
        return self._scheduler.stuck()

    def _turned(self, at: int) -> None:
        """Leave a sign of life for others now and then; a clock that was set leaves one at once."""
        if abs(at - self._left) >= PULSE:
            self._left = at
            leave(self._lock, at)

    def _place_of(self, config: Config) -> Place:
        return Place(
            node_id=self._node_id,
            name=config.name,
            tags=config.tags,
            zone=self._zone,
            boot_id=_boot_id(),
        )


def _boot_id() -> str:
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""
