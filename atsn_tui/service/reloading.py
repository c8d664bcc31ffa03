"""Front ends ask a running service to read its configuration anew, and hear what came of it."""

import asyncio
import logging
import sqlite3

from msgspec.structs import replace

from atsn_tui.errors import AtsnError
from atsn_tui.host.journal import Journal
from atsn_tui.host.watching import Rings, watch
from atsn_tui.model.run import Request
from atsn_tui.node.options import RELOAD
from atsn_tui.store import requests
from atsn_tui.store.database.store import Store

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks for such requests, unless somebody rings."""


class Reloading:
    """Takes up the requests, and answers them once the service has done so."""

    def __init__(self, store: Store, reload: asyncio.Event) -> None:
        """`reload` is set when somebody asks."""
        self._store = store
        self._reload = reload
        self._asked: list[Request] = []

    async def listen(self, rings: Rings, journal: Journal) -> None:
        """Do so until cancelled."""
        await watch(self._store, self._look, rings, journal, "see whether somebody asks for a reload", LOOK)

    async def _look(self) -> None:
        if await self._store.read(_waiting):
            self._asked += await self._store.write(_take)
            self._reload.set()

    async def answer(self, error: AtsnError | None) -> None:
        """Tell those who asked what came of it."""
        asked, self._asked = self._asked, []
        text = "the service goes on with them" if error is None else f"the service goes on as before: {error}"

        def write(db: sqlite3.Connection) -> None:
            for request in asked:
                requests.answer(db, request, text, refused=error is not None)

        if not asked:
            return
        try:
            await self._store.write(write)
        except AtsnError as failure:
            log.error("who asked for a reload does not hear what came of it: %s", failure)


def _waiting(db: sqlite3.Connection) -> list[Request]:
    return requests.waiting(db, (RELOAD,))


def _take(db: sqlite3.Connection) -> list[Request]:
    taken = [replace(request, state="working") for request in _waiting(db)]
    for request in taken:
        requests.change(db, request)
    return taken
