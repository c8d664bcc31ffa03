"""A node that listens, as a service does, and others that join it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from atsn_tui.host.server import start_server
from atsn_tui.node.node import Node
from atsn_tui.node.peers.contact import context_of
from tests.nodes import Machine, Machines


@asynccontextmanager
async def serving(machine: Machine, minutes: float = 0) -> AsyncIterator[Node]:
    """The node, open and listening where its config says; its server's clock is so many minutes ahead."""
    async with machine.open() as node:
        context = context_of(node.core)
        later = replace(context, now=lambda: context.now() + int(minutes * 60_000_000))
        assert node.config.listen
        server = await start_server(later, node.home, node.config.listen)
        try:
            yield node
        finally:
            await server.close()


@pytest.fixture
async def hq_machine(make_node: Machines) -> Machine:
    return await make_node.make("hq")


@pytest.fixture
async def hq(hq_machine: Machine) -> AsyncIterator[Node]:
    async with serving(hq_machine) as node:
        yield node


@pytest.fixture
async def web1(make_node: Machines) -> AsyncIterator[Node]:
    async with (await make_node.make("web1")).open() as node:
        yield node


@pytest.fixture
async def web2(make_node: Machines) -> AsyncIterator[Node]:
    async with (await make_node.make("web2", listen=False)).open() as node:
        yield node
