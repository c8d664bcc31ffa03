"""Processes that start at once, and pairs of nodes that know each other."""

from collections.abc import Iterator

import pytest

from tests.processes.forks import Forks


@pytest.fixture(scope="session")
def zygote() -> Iterator[Forks]:
    forks = Forks()
    yield forks
    forks.close()
