"""A service that runs while its scheduler is silent: everybody who looks is told."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from atsn_tui.home import locks, pulse
from atsn_tui.home.home import Home
from atsn_tui.model import dates
from atsn_tui.node.node import Node
from atsn_tui.store import peers
from tests.node.samples import a_task
from tests.nodes import Machine, Machines, introduce

MINUTE = 60_000_000


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq")


@pytest.fixture
async def node(hq: Machine) -> AsyncIterator[Node]:
    async with hq.open() as node:
        yield node


@pytest.fixture
async def silent(node: Node) -> AsyncIterator[int]:
    """A service runs, and since that moment it does nothing."""
    since = time.time_ns() // 1000 - 5 * MINUTE
    with locks.exclusive(node.home.service_lock):
        pulse.leave(node.home.service_lock, since)
        yield since


async def test_the_status_says_so_in_json_and_in_words(hq: Machine, node: Node, silent: int) -> None:
    status = await node.status()
    assert (status.service, status.silent_since, status.healthy) == (
        "running",
        dates.format_date(silent),
        False,
    )
    told = await asyncio.to_thread(hq.atsn, "status")
    assert "its scheduler has been silent since" in told.out
    assert "restart the service" in told.out
    unit = await asyncio.to_thread(hq.atsn, "service", "status")
    assert "its scheduler has been silent since" in unit.out


async def test_a_turn_ends_it(node: Node, silent: int) -> None:
    pulse.leave(node.home.service_lock, time.time_ns() // 1000)
    status = await node.status()
    assert (status.silent_since, status.healthy) == (None, True)
    assert status.scheduler_turned_at is not None


async def test_it_is_why_a_task_does_not_run(node: Node, silent: int) -> None:
    await node.groups.add("jobs")
    task = await node.tasks.add("jobs", a_task("backup"))
    [obstacle] = (await node.holds.why(task.id)).obstacles
    assert obstacle.startswith("the scheduler has been silent since")
    assert obstacle.endswith("restart the service")


async def test_without_a_service_nobody_is_silent(node: Node) -> None:
    assert not Home(node.home.path).pulse().running
    status = await node.status()
    assert (status.service, status.silent_since, status.scheduler_turned_at) == ("stopped", None, None)


async def test_a_silent_peer_is_listed_and_shown_as_that(
    hq: Machine, node: Node, make_node: Machines
) -> None:
    web1 = await make_node.make("web1")
    await introduce(hq, web1)
    view = await node.peers.get("web1")
    since = time.time_ns() // 1000 - 5 * MINUTE

    def tell(db):  # type: ignore[no-untyped-def]
        state = replace(peers.get_state(db, view.id), state="in_sync", service=True, silent_since=since)
        peers.set_state(db, view.id, state)

    await node.core.store.write(tell)
    peer = await node.peers.get("web1")
    assert (peer.state, peer.service, peer.silent_since) == ("silent", "running", dates.format_date(since))
    assert not (await node.status()).healthy
    for words in (("peer", "list"), ("peer", "show", "web1"), ("status",)):
        told = await asyncio.to_thread(hq.atsn, *words)
        assert "scheduler silent since" in " ".join(told.out.split()), told.out
