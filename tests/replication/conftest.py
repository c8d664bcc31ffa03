"""A world of nodes for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.replication.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Nodes that reach each other in memory."""
    async with World.open(tmp_path) as opened:
        yield opened
