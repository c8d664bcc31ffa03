"""Ending what deals with peers: what goes wrong on the way out is told, too."""

import asyncio

import pytest

from atsn_tui.node.peers.contact import connections_of
from atsn_tui.service.daemon import _Contact, _part
from tests.nodes import Machine, Machines


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


async def test_a_fault_on_the_way_out_is_told(hq: Machine, caplog: pytest.LogCaptureFixture) -> None:
    begun = asyncio.Event()

    async def stumbling() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            raise ZeroDivisionError

    async with hq.open() as node:
        tasks = [asyncio.create_task(stumbling()) for _ in range(2)]
        await begun.wait()
        await _part(_Contact(None, connections_of(node.core), *tasks))
    assert caplog.messages == ["parting from the peers met a fault of ours"] * 2
