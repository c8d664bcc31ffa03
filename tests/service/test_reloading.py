"""Listening for a reload goes on where the database cannot be used for a while."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from atsn_tui.errors import AtsnError
from atsn_tui.home.home import Home
from atsn_tui.host.journal import Journal
from atsn_tui.host.watching import Rings
from atsn_tui.model.run import Request
from atsn_tui.model.text import new_id
from atsn_tui.node.options import RELOAD
from atsn_tui.service.reloading import Reloading
from atsn_tui.store import Store, requests
from tests.nodes import eventually


class FullAtFirst:
    """A store whose disk is full at the first write."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._full = True
        self.read, self.data_version = store.read, store.data_version

    async def write(self, function: Callable[[sqlite3.Connection], Any]) -> Any:
        if self._full:
            self._full = False
            raise AtsnError("the disk is full")
        return await self._store.write(function)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    async with await Store.create(Home(home), new_id()) as opened:
        yield opened


async def test_a_request_is_heard_though_the_disk_was_full(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Request(id=new_id(), kind=RELOAD, who="ada", source="cli", at=1)
    await store.write(lambda db: requests.add(db, asked))
    wanted = asyncio.Event()
    rings = Rings()
    reloading = Reloading(cast(Store, FullAtFirst(store)), wanted)
    caplog.set_level(logging.INFO)
    listening = asyncio.create_task(reloading.listen(rings, Journal(logging.getLogger("test"))))
    await eventually(lambda: "the disk is full" in caplog.text)
    rings.ring()
    await eventually(wanted.is_set)
    await reloading.answer(None)
    answered = await store.read(lambda db: requests.get(db, asked.id))
    assert answered is not None
    assert answered.state == "done"
    assert [record.levelname for record in caplog.records if record.name == "test"] == ["ERROR", "INFO"]
    listening.cancel()
    await asyncio.wait([listening])
