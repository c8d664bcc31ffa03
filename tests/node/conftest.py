"""A node that is open in this process."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atsn_tui.node.node import Node
from tests.nodes import Machine, Machines


@pytest.fixture(scope="session")
def fresh_hq(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A node that nobody touches; a copy of it is made faster than a new one."""
    return Machines(tmp_path_factory.mktemp("fresh"))("hq", listen=False)


@pytest.fixture
def hq(fresh_hq: Machine, tmp_path: Path) -> Machine:
    """A node of one's own."""
    home = tmp_path / "hq"
    shutil.copytree(fresh_hq.home, home)
    return Machine("hq", home, fresh_hq.identity)


@pytest.fixture
async def node(hq: Machine) -> AsyncIterator[Node]:
    """The same node, open."""
    async with hq.open() as opened:
        yield opened
