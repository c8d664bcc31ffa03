"""The node's own options: what the service refuses is taken back, and nothing that others wrote meanwhile."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from atsn_tui.errors import Refused
from atsn_tui.home import config_change, locks
from atsn_tui.node.node import Node
from atsn_tui.node.options import RELOAD
from atsn_tui.store import requests
from tests.nodes import eventually


@asynccontextmanager
async def asked_for_a_change(node: Node) -> "AsyncIterator[asyncio.Task[object]]":
    """A service is there, and was asked to follow a change of two options; it refuses afterwards."""
    with locks.exclusive(node.home.service_lock):
        changing = asyncio.create_task(node.options.change({"listen": "192.0.2.1:1", "theme": "nord"}))
        [request] = await eventually(lambda: node.core.store.read(lambda db: requests.waiting(db, [RELOAD])))
        yield changing
        await node.core.store.write(
            lambda db: requests.answer(db, request, "the port is taken", refused=True)
        )
        await asyncio.wait([changing])


async def test_what_the_service_cannot_use_is_taken_back(node: Node) -> None:
    before = node.home.config_file.read_bytes()
    async with asked_for_a_change(node) as changing:
        assert node.options.get().options["theme"] == "nord"
    with pytest.raises(Refused, match=r"the port is taken$"):
        await changing
    assert node.home.config_file.read_bytes() == before


async def test_what_somebody_else_has_set_meanwhile_is_not_lost_with_it(node: Node) -> None:
    path = node.home.config_file
    async with asked_for_a_change(node) as changing:
        config_change.change(path, {"brake.max_share": 3})
    with pytest.raises(Refused, match=f"the port is taken; {re.escape(str(path))} was edited meanwhile"):
        await changing
    assert node.options.get().options["brake"]["max_share"] == 3
