"""A home with a keeper, for each test that wants one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.runner.site import Gate, Site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A connected keeper; all that it runs is ended after the test."""
    (tmp_path / "home").mkdir(mode=0o700)
    site = Site(tmp_path / "home")
    await site.open()
    yield site
    await site.destroy()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """Where jobs wait."""
    return Gate(tmp_path / "gate")
