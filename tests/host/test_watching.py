"""What others write is looked at when the bell rings, and by itself where it does not."""

import asyncio
import logging
from typing import cast

import pytest

from atsn_tui.errors import AtsnError
from atsn_tui.host.journal import Journal
from atsn_tui.host.watching import Rings, watch
from atsn_tui.store.database.store import Store
from tests.nodes import eventually


class Versions:
    """A store of which only the version is known."""

    def __init__(self) -> None:
        self.version = 1
        self.asked = 0

    async def data_version(self) -> int:
        self.asked += 1
        return self.version


@pytest.fixture
def store() -> Versions:
    return Versions()


class Looking:
    """Counts the looks; `broken` is what the next one ends with."""

    def __init__(self) -> None:
        self.count = 0
        self.broken: AtsnError | None = None

    async def look(self) -> None:
        if self.broken is not None:
            broken, self.broken = self.broken, None
            raise broken
        self.count += 1


async def begun(store: Versions, looking: Looking, rings: Rings, pause: float) -> "asyncio.Task[None]":
    journal = Journal(logging.getLogger("test"))
    work = watch(cast(Store, store), looking.look, rings, journal, "see it", pause)
    task = asyncio.create_task(work)
    await eventually(lambda: store.asked > 0)
    return task


async def ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])


async def test_a_ring_is_followed_at_once_and_only_news_are_looked_at(store: Versions) -> None:
    looking, rings = Looking(), Rings()
    task = await begun(store, looking, rings, pause=1000)
    rings.ring()
    await eventually(lambda: store.asked == 2)
    assert looking.count == 1
    store.version = 2
    rings.ring()
    await eventually(lambda: looking.count == 2)
    await ended(task)


async def test_without_a_ring_it_looks_by_itself(store: Versions) -> None:
    looking = Looking()
    task = await begun(store, looking, Rings(), pause=0.01)
    store.version = 2
    await eventually(lambda: looking.count == 2)
    await ended(task)


async def test_what_could_not_be_looked_at_is_tried_again_and_told_once(
    store: Versions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    looking = Looking()
    looking.broken = AtsnError("the disk is full")
    task = await begun(store, looking, Rings(), pause=0.01)
    await eventually(lambda: looking.count == 1)
    assert [record.message for record in caplog.records] == [
        "cannot see it: the disk is full",
        "over: cannot see it: the disk is full",
    ]
    await ended(task)
