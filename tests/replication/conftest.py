"""A world of nodes for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.replication.world import Host, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Nodes that reach each other in memory."""
    async with World.open(tmp_path) as opened:
        yield opened


@pytest.fixture
async def hq(world: World) -> Host:
    """A node with one task."""
    host = await world.host("hq")
    await host.write("backup")
    return host


@pytest.fixture
async def web1(world: World, hq: Host) -> Host:
    """A node that hq may push to, and nothing else."""
    host = await world.host("web1")
    await world.acquaint(hq, host, "push")
    return host
