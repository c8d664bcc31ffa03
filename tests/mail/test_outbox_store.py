"""What holds for every store of the queue. A new implementation joins the list at the top."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from atsn_tui.home.home import Home
from atsn_tui.mail.outbox.memory import MemoryOutboxStore
from atsn_tui.mail.outbox.store import OutboxStore
from atsn_tui.model.mail import Outgoing
from atsn_tui.store import Store
from atsn_tui.store.outbox import StoredOutbox
from tests.mail.letters import letter


@asynccontextmanager
async def in_memory(home: Path) -> AsyncIterator[OutboxStore]:
    yield MemoryOutboxStore()


@asynccontextmanager
async def in_database(home: Path) -> AsyncIterator[OutboxStore]:
    async with await Store.create(Home(home), "n-here") as store:
        yield StoredOutbox(store)


STORES = {"memory": in_memory, "database": in_database}


@pytest.fixture(params=STORES.values(), ids=STORES.keys())
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OutboxStore]:
    async with request.param(tmp_path) as made:
        yield made


def item(identity: str, next_at: int = 10, **changes: object) -> Outgoing:
    plain = Outgoing(id=identity, route="node", message=letter(), created_at=5, next_at=next_at)
    return replace(plain, **changes)


async def test_what_is_due_longest_is_claimed_first(store: OutboxStore) -> None:
    for identity, at in (("b", 20), ("a", 10), ("c", 30)):
        await store.save(item(identity, at))
    first = await store.claim(25, 1000, ())
    second = await store.claim(25, 1000, ())
    assert (first and first.id, second and second.id) == ("a", "b")
    assert await store.claim(25, 1000, ()) is None


async def test_a_claimed_item_is_whole_and_belongs_to_its_claimer_for_a_time(store: OutboxStore) -> None:
    saved = item("a", attempts=3, error="away", refused=("x: gone",), about="run 7")
    await store.save(saved)
    assert await store.claim(10, 500, ()) == replace(saved, next_at=500)
    assert await store.claim(499, 1000, ()) is None
    assert await store.claim(500, 1000, ()) == replace(saved, next_at=1000)


async def test_avoided_routes_are_left_alone(store: OutboxStore) -> None:
    await store.save(item("a", 10, route="slow"))
    await store.save(item("b", 20, route="quick"))
    claimed = await store.claim(50, 1000, {"slow"})
    assert claimed is not None
    assert claimed.id == "b"
    assert await store.claim(50, 1000, {"slow"}) is None
    assert await store.next_at({"quick"}) == 10
    assert await store.next_at({"slow"}) == 1000
    assert await store.next_at({"slow", "quick"}) is None


async def test_only_what_waits_is_claimed_and_counted(store: OutboxStore) -> None:
    await store.save(item("a", state="sent", ended_at=7))
    await store.save(item("b", state="failed", ended_at=7))
    assert await store.claim(50, 1000, ()) is None
    assert await store.next_at(()) is None
    assert await store.waiting() == 0
    await store.save(item("c", 99))
    assert await store.waiting() == 1
    assert await store.next_at(()) == 99


async def test_saving_again_replaces(store: OutboxStore) -> None:
    await store.save(item("a"))
    await store.save(item("a", state="sent"))
    assert await store.waiting() == 0
