"""A node that is open in this process."""

from collections.abc import AsyncIterator

import pytest

from atsn_tui.node.node import Node
from tests.nodes import Machine, Machines


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


@pytest.fixture
async def node(hq: Machine) -> AsyncIterator[Node]:
    async with hq.open() as opened:
        yield opened
