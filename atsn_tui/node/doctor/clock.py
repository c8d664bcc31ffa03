"""The clock of this machine, and what it knows of time zones."""

import os
import sqlite3
import zoneinfo
from collections.abc import Sequence

from atsn_tui.home.zone import local_zone
from atsn_tui.model import dates
from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Finding

AHEAD = 600_000_000
"""How far a date may lie in the future, in µs, before somebody's clock is to blame."""


class Clock:
    """Zone data, the node's zone, and dates that lie in the future."""

    topic = "clock"
    fine = "the clock is not behind what was saved, and time zones are known"

    async def look(self, core: Core) -> Sequence[Finding]:
        """What is wrong with them."""
        found = []
        try:
            zoneinfo.ZoneInfo("Europe/Berlin")
        except (zoneinfo.ZoneInfoNotFoundError, OSError):
            found.append(
                self._told("problem", "this machine has no time zone data", "install the package tzdata")
            )
        named = os.environ.get("TZ", "").lstrip(":")
        if named and local_zone(os.environ) != named and not os.path.isabs(named):
            text = f"TZ is {named!r}, which is no zone; tasks run by {core.zone}"
            found.append(self._told("warning", text, "set TZ to a zone such as Europe/Berlin, or unset it"))
        latest = await core.store.read(_latest)
        if latest is not None and latest > core.now() + AHEAD:
            text = f"something was changed at {dates.format_date(latest)}, which is still to come"
            found.append(
                self._told("warning", text, "look at the clocks of this node and of its peers: timedatectl")
            )
        return found

    def _told(self, verdict: str, text: str, fix: str) -> Finding:
        return Finding(topic=self.topic, verdict=verdict, text=text, fix=fix)  # type: ignore[arg-type]


def _latest(db: sqlite3.Connection) -> int | None:
    found: int | None = db.execute("SELECT max(modified) FROM tasks").fetchone()[0]
    return found
