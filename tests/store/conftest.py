"""A database in memory, a home, and an open store in it."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from atsn_tui.home.home import Home
from atsn_tui.store import Store
from tests.store.samples import memory


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(memory()) as connection:
        yield connection


@pytest.fixture
def home(tmp_path: Path) -> Home:
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    return Home(path)


@pytest.fixture
async def store(home: Home) -> AsyncIterator[Store]:
    async with await Store.create(home, "n-here") as opened:
        yield opened
