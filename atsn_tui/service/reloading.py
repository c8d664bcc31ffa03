"""Front ends ask a running service to read its configuration anew, and hear what came of it."""

import asyncio
import logging
import sqlite3
from contextlib import suppress

from msgspec.structs import replace

from atsn_tui.errors import AtsnError
from atsn_tui.host.journal import Journal
from atsn_tui.model.run import Request
from atsn_tui.node.options import RELOAD
from atsn_tui.store import requests
from atsn_tui.store.store import Store

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
        self._rung = asyncio.Event()
        self._seen: int | None = None
        """The version of the database that was looked at last."""

    def look(self) -> None:
        """Look at once: something was written."""
        self._rung.set()

    async def listen(self, journal: Journal) -> None:
        """Do so until cancelled. What goes wrong, as with a full disk, is logged once, and tried again."""
        while True:
            self._rung.clear()
            try:
                await self._look()
                journal.well("reload")
            except AtsnError as error:
                journal.trouble("reload", f"cannot see whether somebody asks for a reload: {error}")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._rung.wait()

    async def _look(self) -> None:
        version = await self._store.data_version()
        if version == self._seen:
            return
        if await self._store.read(_waiting):
            self._asked += await self._store.write(_take)
            self._reload.set()
        self._seen = version

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
