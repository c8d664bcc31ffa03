"""Sending what is in the queue: all the time in a service, and in other processes while none runs."""

import asyncio
import logging
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from atsn_tui.errors import AtsnError
from atsn_tui.home import locks
from atsn_tui.home.config import Config
from atsn_tui.home.home import Home
from atsn_tui.host.office import Office
from atsn_tui.host.senders import Senders
from atsn_tui.mail.outbox.outbox import Outbox
from atsn_tui.model.mail import NODE, Outgoing
from atsn_tui.store.database.store import Store
from atsn_tui.store.outbox import StoredOutbox

log = logging.getLogger(__name__)

FAREWELL = 10.0
"""Seconds that a command, or a console that is left, gives to mail that it queued while no service runs."""

WRITING = 6.0
"""Seconds that it gives to the reports' file: longer than another writer of the file is waited for."""


def service_outbox(store: Store, senders: Senders, office: Office) -> Outbox:
    """The queue as a service works on it: all of it."""
    return _outbox(StoredOutbox(store), senders, office)


def console_outbox(home: Home, config: Config, store: Store, office: Office) -> Outbox:
    """The queue as a console works on it: this node's own mail, while no service runs."""
    kept = _WhileNobodyElse(store, home.service_lock)
    return _outbox(kept, Senders(home, config, store), office)


async def take_leave(home: Home, config: Config, store: Store, office: Office) -> None:
    """Finish what this process began to report, within limits; what is left of the mail, the next one sends."""
    await office.finish(WRITING)
    if not office.queued.is_set() or locks.held(home.service_lock):
        return
    own = StoredOutbox(store, only=NODE)
    with suppress(TimeoutError, AtsnError):
        async with asyncio.timeout(FAREWELL):
            await _outbox(own, Senders(home, config, store), office).send_due()


def _outbox(kept: StoredOutbox, senders: Senders, office: Office) -> Outbox:
    def tried(item: Outgoing) -> None:
        place = f"mail {item.route}"
        if item.error is None:
            office.journal.well(place)
        else:
            office.journal.trouble(
                place, f"mail of {senders.names.get(item.route, item.route)}: {item.error}"
            )

    return Outbox(
        kept,
        senders.sender,
        now=lambda: time.time_ns() // 1000,
        on_change=tried,
        on_trouble=lambda error: log.error("mail: %s", error),
        wake=office.queued,
    )


class _WhileNobodyElse(StoredOutbox):
    """This node's own mail in the queue, as long as no process holds a lock."""

    def __init__(self, store: Store, lock: Path) -> None:
        super().__init__(store, only=NODE)
        self._lock = lock

    async def claim(self, now: int, until: int, avoid: Collection[str]) -> Outgoing | None:
        """Take the waiting item that is due longest, unless somebody else does."""
        return None if locks.held(self._lock) else await super().claim(now, until, avoid)

    async def next_at(self, avoid: Collection[str]) -> int | None:
        """The earliest `next_at` of the waiting items, unless somebody else looks after them."""
        return None if locks.held(self._lock) else await super().next_at(avoid)
