"""Telling others how runs ended: once each, in the order in which they began, also after a crash."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable

from msgspec import Struct

from atsn_tui.errors import AtsnError
from atsn_tui.model.codec import decode_settings
from atsn_tui.model.record import Origin
from atsn_tui.model.run import Run
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task
from atsn_tui.runner.scheduling import recovery
from atsn_tui.runner.scheduling.records import Records
from atsn_tui.store import groups, runs

log = logging.getLogger(__name__)

_AT_ONCE = 50
_REST = 5.0
"""Seconds to wait when the store does not answer."""


class Finished(Struct, frozen=True):
    """A run that is over, with what is needed to tell of it."""

    run: Run
    task: Task
    """The version that ran."""
    settings: Settings | None
    """Those that its group has now; None: the group is gone."""
    group: str
    """The group's name; empty if it is gone."""
    settings_origin: Origin = Origin()
    """Where the settings came from."""


OnEnd = Callable[[Finished], Awaitable[None]]


class Reporter:
    """Tells `on_end` of every end. What it raises is logged, and the end is not told again."""

    def __init__(self, store: Records, on_end: OnEnd) -> None:
        self._store = store
        self._on_end = on_end
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """A run has ended."""
        self._wake.set()

    async def run(self) -> None:
        """Tell until cancelled. The end that is being told then may be told again."""
        while True:
            self._wake.clear()
            try:
                more = await self._tell_some()
            except AtsnError as error:
                log.error("ends of runs cannot be told: %s", error)
            except Exception:
                # Nobody waits for this task, so what it would end with would be heard of by nobody.
                log.exception("ends of runs cannot be told, by a fault of ours")
            else:
                if not more:
                    await self._wake.wait()
                continue
            await asyncio.sleep(_REST)

    async def _tell_some(self) -> bool:
        finished = await self._store.read(_unreported)
        told: list[str] = []
        try:
            for each in finished:
                await self._tell(each)
                told.append(each.run.id)
        finally:
            if told:
                await self._store.write(lambda db: runs.set_reported(db, told))
        return bool(finished)

    async def _tell(self, finished: Finished) -> None:
        try:
            await self._on_end(finished)
        except Exception:
            # Whatever it is, later ends must be told too.
            log.exception("the end of run %s of %s could not be told", finished.run.id, finished.run.path)


def _unreported(db: sqlite3.Connection) -> list[Finished]:
    kept = runs.unreported(db, _AT_ONCE)
    rows = {each.run.group_id: groups.get_group(db, each.run.group_id) for each in kept}
    settings = {
        group_id: decode_settings(row.settings.body) for group_id, row in rows.items() if row is not None
    }
    known = {group_id: row for group_id, row in rows.items() if row is not None}
    return [
        Finished(
            each.run,
            recovery.task_of(each),
            settings.get(each.run.group_id),
            known[each.run.group_id].name if each.run.group_id in known else "",
            known[each.run.group_id].origin if each.run.group_id in known else Origin(),
        )
        for each in kept
    ]
