"""The node at a glance, how its peers stand, and the news that something changed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from atsn_tui.home import locks
from atsn_tui.home.home import Home
from atsn_tui.model.dates import SECOND
from atsn_tui.model.result import ErrorView, LinkResult, State
from atsn_tui.node.node import Node
from atsn_tui.node.peers.views import PeerStatus, PeerView
from atsn_tui.node.views import LinkView
from atsn_tui.store import groups, links, peers
from atsn_tui.store.peers import PeerState
from tests.node.samples import GROUP, a_task, public_key
from tests.nodes import Machine

ADDRESS = "192.0.2.7:8022"


@pytest.fixture
async def link(node: Node) -> LinkView:
    await node.groups.add(GROUP)
    await node.peers.add("web1", public_key(1), ADDRESS, public_key(2))
    return await node.links.add(GROUP, "web1", "push")


async def came_to(node: Node, link: LinkView, state: State, total: int = 0) -> None:
    """Let a link's last round have ended like that."""
    error = None if state in ("in_sync", "applied", "differs") else ErrorView(code="refused", message="told")
    result = LinkResult(
        group=link.group,
        group_id=link.group_id,
        peer=link.peer,
        direction=link.direction,
        mode=link.mode,
        state=state,
        link_id=link.id,
        total=total,
        error=error,
    )

    def write(db):  # type: ignore[no-untyped-def]
        links.set_state(db, link.id, replace(links.get_state(db, link.id), result=result, last_at=1))

    await node.core.store.write(write)


async def contact(node: Node, peer: PeerView, state: str) -> None:
    """Let the last contact with a peer have ended like that."""

    def write(db):  # type: ignore[no-untyped-def]
        peers.set_state(db, peer.id, replace(peers.get_state(db, peer.id), state=state, last_error="told"))

    await node.core.store.write(write)


async def test_a_new_node_is_healthy_and_empty(node: Node) -> None:
    status = await node.status()
    assert status.healthy
    assert (status.name, status.service, status.listen) == ("hq", "stopped", None)
    assert (status.groups, status.peers, status.links) == ((), (), ())
    assert status.node_id == node.identity().node_id


@pytest.mark.parametrize(
    ("state", "healthy"),
    [
        ("in_sync", True),
        ("applied", True),
        ("differs", False),
        ("held", False),
        ("moved", False),
        ("unreachable", False),
        ("refused", False),
        ("version_mismatch", False),
        ("failed", False),
    ],
)
async def test_a_node_is_healthy_as_long_as_no_link_needs_a_person(
    node: Node, link: LinkView, state: State, healthy: bool
) -> None:
    assert (await node.status()).healthy
    await came_to(node, link, state, total=3)
    assert (await node.status()).healthy == healthy
    await node.links.change(link.id, enabled=False)
    assert (await node.status()).healthy


async def test_what_a_peer_lacks_is_counted_over_its_links(node: Node, link: LinkView) -> None:
    other = await node.links.add(GROUP, "web1", "pull")
    await came_to(node, link, "differs", total=3)
    await came_to(node, other, "held", total=4)
    peer = await node.peers.get("web1")
    assert (peer.state, peer.behind) == ("held", 7)
    await came_to(node, link, "applied", total=3)
    await came_to(node, other, "in_sync")
    peer = await node.peers.get("web1")
    assert (peer.state, peer.behind) == ("in_sync", 0)


@pytest.mark.parametrize(
    ("last", "of_link", "shown"),
    [
        ("unreachable", "in_sync", "offline"),
        ("refused", "in_sync", "refused"),
        ("version_mismatch", "in_sync", "version_mismatch"),
        ("reached", "in_sync", "in_sync"),
        ("reached", "refused", "refused"),
        ("reached", "failed", "failed"),
        ("reached", "moved", "behind"),
    ],
)
async def test_a_peer_stands_as_badly_as_the_worst_that_is_known_of_it(
    node: Node, link: LinkView, last: str, of_link: State, shown: PeerStatus
) -> None:
    await came_to(node, link, of_link)
    await contact(node, await node.peers.get("web1"), last)
    assert (await node.peers.get("web1")).state == shown


async def next_news(news: AsyncIterator[None]) -> None:
    await asyncio.wait_for(anext(news), 30)


@pytest.fixture
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for news more often than it is worth outside of a test."""
    monkeypatch.setattr("atsn_tui.node.node.POLL", 0.1)


@pytest.mark.usefixtures("_often")
async def test_news_come_at_once_and_after_every_change_by_anyone(node: Node, hq: Machine) -> None:
    news = node.changes()
    await next_news(news)
    await node.groups.add(GROUP)
    await next_news(news)
    async with hq.open() as other:
        await other.tasks.add(GROUP, a_task())
        await next_news(news)
    added = await asyncio.to_thread(hq.process, "group", "add", "another")
    assert added.code == 0
    await next_news(news)
    with locks.exclusive(Home(hq.home).service_lock):
        await next_news(news)
        assert (await node.status()).service == "running"
    await next_news(news)
    assert (await node.status()).service == "stopped"


@pytest.mark.usefixtures("_often")
async def test_no_news_come_while_nothing_changes(node: Node) -> None:
    news = node.changes()
    await next_news(news)
    await node.status()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(news), 0.5)


async def test_a_clock_that_is_far_away_shows_until_it_is_right(node: Node, link: LinkView) -> None:
    async def clock(seconds: float, state: str = "reached") -> None:
        found = PeerState(state=state, clock_skew_us=int(seconds * SECOND), latency_us=2000)
        peer = await node.peers.get("web1")
        await node.core.store.write(lambda db: peers.set_state(db, peer.id, found))

    for seconds, words in ((0.5, None), (3, "clock 3 s ahead"), (-95, "clock 95 s behind")):
        await clock(seconds)
        assert (await node.peers.get("web1")).clock == words
        status = await node.status()
        assert [each.place for each in status.troubles] == (["clock of web1"] if seconds == -95 else [])
        assert status.healthy == (seconds != -95)
    assert status.troubles[0].text.startswith("web1: clock 95 s behind: which change is the later one")
    await clock(-95, "unreachable")
    assert (await node.status()).troubles == ()


async def test_what_is_scheduled_and_waits_for_a_service_needs_attention(node: Node) -> None:
    await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task(schedules="manual"))
    assert (await node.status()).healthy, "nothing of this would run by itself"
    await node.tasks.change(task.id, {"schedules": "@hourly"})
    status = await node.status()
    assert (status.waits_for_service, status.healthy) == (True, False)
    with locks.exclusive(node.home.service_lock):
        assert not (await node.status()).waits_for_service
    await node.groups.change(GROUP, {"run_here": "no"})
    assert not (await node.status()).waits_for_service
    await node.groups.change(GROUP, {"run_here": "yes"})
    await node.tasks.set_enabled([task.id], False)
    assert not (await node.status()).waits_for_service


async def test_a_scheduled_link_waits_for_a_service_too(node: Node, link: LinkView) -> None:
    assert not (await node.status()).waits_for_service
    await node.links.change(link.id, schedule="every 15m")
    assert (await node.status()).waits_for_service
    await node.links.change(link.id, enabled=False)
    assert not (await node.status()).waits_for_service


async def settled_at(node: Node, link: LinkView, state: State) -> None:
    """Let a round end like that with the group as it is now."""
    await came_to(node, link, state)

    def write(db):  # type: ignore[no-untyped-def]
        row = groups.find_by_name(db, GROUP)[0]
        before = links.get_state(db, link.id)
        digests = {"primary": row.digest, "secondary": row.digest} if state == "in_sync" else {}
        links.set_state(db, link.id, replace(before, last_at=node.core.now(), **digests))

    await node.core.store.write(write)


@pytest.mark.parametrize("state", ["in_sync", "applied"])
async def test_a_local_edit_after_a_round_shows_on_link_and_peer_until_the_next(
    node: Node, link: LinkView, state: State
) -> None:
    await settled_at(node, link, state)
    status = await node.status()
    assert (status.links[0].changed, status.peers[0].changed) == (False, False)
    await node.tasks.add(GROUP, a_task())
    status = await node.status()
    assert (status.links[0].changed, status.peers[0].changed) == (True, True)
    await settled_at(node, link, state)
    assert not (await node.status()).links[0].changed


async def test_a_link_that_differs_anyway_is_not_marked_as_changed(node: Node, link: LinkView) -> None:
    await settled_at(node, link, "differs")
    await node.tasks.add(GROUP, a_task())
    assert not (await node.status()).links[0].changed
