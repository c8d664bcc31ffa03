"""Sites for the tests: a server whose channels echo, and one whose channels the test serves itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.transport.site import Site, echo, site


@pytest.fixture
async def echoing(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, serve=echo) as made:
        yield made


@pytest.fixture
async def handing_out(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as made:
        yield made
