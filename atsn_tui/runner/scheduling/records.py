"""The store, as the scheduler needs it."""

import sqlite3
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Records(Protocol):
    """A node's database. `Store` is one; tests use one without threads."""

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """What the function returns, run in one transaction that cannot write."""
        ...

    async def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """What the function returns, run in one transaction, which is undone if the function raises."""
        ...

    async def data_version(self) -> int:
        """A number that changes whenever anybody has committed something."""
        ...
