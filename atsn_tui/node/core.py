"""What the parts of a node share: home, store, config, the person who acts, and the clock."""

import os
import time
from dataclasses import dataclass, field
from typing import Literal

from atsn_tui.home.config import Config
from atsn_tui.home.home import Home
from atsn_tui.home.zone import local_zone
from atsn_tui.host.office import Office
from atsn_tui.model.record import Origin
from atsn_tui.node.actor import Actor
from atsn_tui.node.lookup import find_group
from atsn_tui.store.changes import Entry
from atsn_tui.store.database.store import Store
from atsn_tui.store.groups import GroupRow


@dataclass(frozen=True)
class Core:
    """One open node."""

    home: Home
    config: Config
    store: Store
    actor: Actor
    zone: str = field(default_factory=lambda: local_zone(os.environ))
    office: Office = field(default_factory=Office)
    """What this process has still to do for reports."""

    def now(self) -> int:
        """Microseconds since the epoch."""
        return time.time_ns() // 1000

    def entry(self, summary: str, kind: Literal["edit", "import"] = "edit") -> Entry:
        """What the history shall say of a change made now."""
        return Entry(kind=kind, at=self.now(), who=self.actor.who, source=self.actor.source, summary=summary)

    def origin(self) -> Origin:
        """The origin of a change made here by the person who acts."""
        return Origin(kind="local", who=self.actor.who)

    async def group(self, which: str) -> GroupRow:
        """The group with that id or name; NotFound or Ambiguous."""
        return await self.store.read(lambda db: find_group(db, which))
