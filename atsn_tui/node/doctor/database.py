"""The database: whether it is sound, and how large it is."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Finding

PATIENCE = 6.0
"""Seconds that it is looked through."""

LONG_LOG = 256_000_000
"""Bytes from which on the write-ahead log is told of: something keeps it from being folded in."""

_STEPS = 50_000


class Database:
    """SQLite's own quick check, and the sizes of the files."""

    topic = "database"
    fine = "it is sound"

    async def look(self, core: Core) -> Sequence[Finding]:
        """What is wrong with it."""
        path = core.home.database
        found = [self._told(each) for each in await core.store.read(_check)]
        log = _size(path.with_name(f"{path.name}-wal"))
        if log > LONG_LOG:
            text = (
                f"its write-ahead log has grown to {log // 1_000_000} MB: some program reads it without end"
            )
            found.append(
                Finding(topic=self.topic, verdict="warning", text=text, fix="see who: lsof " + str(path))
            )
        return found

    def _told(self, fault: str) -> Finding:
        if fault == _UNFINISHED:
            return Finding(topic=self.topic, verdict="note", text=fault)
        fix = "stop the service, and put a good copy in its place"
        return Finding(topic=self.topic, verdict="problem", text=f"it is damaged: {fault}", fix=fix)


_UNFINISHED = f"it is too large to be looked through in {PATIENCE:.0f} s; nothing was found until then"


def _check(db: sqlite3.Connection) -> list[str]:
    """What is damaged. It gives up after a while, because others wait for the same thread."""
    end = time.monotonic() + PATIENCE
    db.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        found = [str(row[0]) for row in db.execute("PRAGMA quick_check(5)")]
    except Exception:
        if time.monotonic() > end:
            return [_UNFINISHED]
        raise
    finally:
        db.set_progress_handler(None, 0)
    return [each for each in found if each != "ok"]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
