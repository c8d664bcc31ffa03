"""A preview that stays live: what moves is compared anew and told, and nothing else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from atsn_tui.model.peer import Grant
from atsn_tui.model.result import LinkResult
from atsn_tui.replication import watch as watching
from atsn_tui.replication.round import Round
from atsn_tui.replication.watch import watch
from tests.replication.rules import Gate
from tests.replication.world import OTHER, Host, World


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "POLL", 0.02)
    monkeypatch.setattr(watching, "RETRY", 0.05)


@pytest.fixture
async def web1(world: World, hq: Host) -> Host:
    host = await world.host("web1")
    await world.acquaint(hq, host, "push", "pull")
    return host


@pytest.fixture
async def web2(world: World, hq: Host) -> Host:
    host = await world.host("web2")
    await world.acquaint(hq, host, "push", "pull")
    return host


async def told(feed: AsyncIterator[LinkResult]) -> LinkResult:
    """The next result."""
    return await asyncio.wait_for(anext(feed), 30)


async def silent(feed: AsyncIterator[LinkResult], seconds: float = 0.3) -> None:
    """Check that nothing is told for a while, and end the feed."""
    nothing = asyncio.ensure_future(anext(feed))  # type: ignore[arg-type]
    done, _ = await asyncio.wait({nothing}, timeout=seconds)
    assert not done, nothing.result()
    nothing.cancel()
    await asyncio.gather(nothing, return_exceptions=True)


async def compared(host: Host) -> Round:
    """A round by hand that was compared."""
    round_ = await host.round()
    await round_.compute()
    return round_


async def test_a_change_on_either_side_is_told(hq: Host, web1: Host) -> None:
    await hq.link(web1, "push", "strict")
    await hq.states()
    round_ = await compared(hq)
    feed = watch(round_)
    await hq.write("more")
    first = await told(feed)
    assert (first.state, first.total) == ("differs", 1)
    await web1.write("extra")
    second = await told(feed)
    assert (second.state, second.total) == ("differs", 2)
    assert round_.results == (second,)
    await silent(feed)


@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_nothing_is_told_while_nothing_moves(direction: str, hq: Host, web1: Host) -> None:
    if direction == "pull":
        await web1.write("theirs")
    await hq.link(web1, direction, "easy")  # type: ignore[arg-type]
    await silent(watch(await compared(hq)))


async def test_what_is_applied_afterwards_is_what_was_told_last(hq: Host, web1: Host) -> None:
    link = await hq.link(web1, "push", "strict")
    round_ = await compared(hq)
    stale = {link.id: round_.results[0]}
    feed = watch(round_)
    await hq.write("more")
    fresh = {link.id: await told(feed)}
    assert [each.state for each in await round_.apply(shown=stale)] == ["moved"]
    fresh = {link.id: await told(feed)}
    assert [each.state for each in await round_.apply(shown=fresh)] == ["applied"]
    assert await web1.digest() == await hq.digest()
    assert (await told(feed)).state == "in_sync"
    await silent(feed)


async def test_a_peer_that_comes_back_is_told(hq: Host, web1: Host) -> None:
    await hq.link(web1, "push")
    web1.down = True
    round_ = await compared(hq)
    assert [each.state for each in round_.results] == ["unreachable"]
    feed = watch(round_)
    pending = asyncio.ensure_future(anext(feed))  # type: ignore[arg-type]
    await asyncio.wait({pending}, timeout=0.3)
    assert not pending.done()
    web1.down = False
    assert (await asyncio.wait_for(pending, 30)).state == "differs"
    await silent(feed)


async def test_a_peer_that_goes_away_is_told(world: World, hq: Host, web1: Host) -> None:
    await hq.link(web1, "push")
    round_ = await compared(hq)
    feed = watch(round_)
    web1.down = True
    await hq.connections.close()
    assert (await told(feed)).state == "unreachable"
    await silent(feed)


async def test_a_grant_given_meanwhile_is_told(hq: Host, web1: Host) -> None:
    await web1.grant(hq)
    await hq.link(web1, "push")
    round_ = await compared(hq)
    assert [each.state for each in round_.results] == ["refused"]
    feed = watch(round_)
    pending = asyncio.ensure_future(anext(feed))  # type: ignore[arg-type]
    await asyncio.wait({pending}, timeout=0.3)
    assert not pending.done()
    await web1.grant(hq, Grant("push"))
    assert (await asyncio.wait_for(pending, 30)).state == "differs"
    await silent(feed)


async def test_a_moved_link_does_not_have_the_others_compared(
    world: World, hq: Host, web1: Host, web2: Host
) -> None:
    await hq.link(web1, "push")
    await hq.link(web2, "push")
    round_ = await compared(hq)
    other = round_.prepared(round_.targets[1].link.id)
    feed = watch(round_)
    await web1.write("mine")
    result = await told(feed)
    assert (result.peer, result.state) == ("web1", "differs")
    assert round_.prepared(round_.targets[1].link.id) is other
    await silent(feed)


async def test_a_peer_that_is_away_does_not_have_the_others_compared(
    hq: Host, web1: Host, web2: Host
) -> None:
    await hq.link(web1, "push")
    await hq.link(web2, "push")
    web1.down = True
    round_ = await compared(hq)
    other = round_.prepared(round_.targets[1].link.id)
    await silent(watch(round_))
    assert round_.prepared(round_.targets[1].link.id) is other


async def test_a_peer_that_hangs_keeps_no_other_from_being_told(
    world: World, hq: Host, web1: Host, web2: Host
) -> None:
    await hq.link(web1, "push")
    await hq.link(web2, "push")
    round_ = await compared(hq)
    gate = Gate("AskHead", "web1")
    world.line.rules.append(gate)
    feed = watch(round_)
    first = asyncio.ensure_future(anext(feed))  # type: ignore[arg-type]
    await asyncio.wait_for(gate.reached.wait(), 30)
    await web2.write("mine")
    assert (await asyncio.wait_for(first, 30)).peer == "web2"
    gate.opened.set()
    await silent(feed)


async def test_a_pull_that_moved_has_what_builds_on_it_compared_too(hq: Host, web1: Host, web2: Host) -> None:
    await web1.write("from web1")
    await hq.link(web1, "pull")
    await hq.link(web2, "push")
    round_ = await compared(hq)
    assert [each.total for each in round_.results] == [1, 3]
    feed = watch(round_)
    await web1.write("more from web1")
    results = [await told(feed), await told(feed)]
    assert [(each.peer, each.total) for each in results] == [("web1", 2), ("web2", 4)]
    await hq.write("more from here")
    # A pull in easy mode changes nothing of it, and says that it leaves one more alone; the push differs more.
    results = [await told(feed), await told(feed)]
    assert [(each.peer, each.total, each.left_alone.extra) for each in results] == [
        ("web1", 2, 2),
        ("web2", 5, 0),
    ]
    await silent(feed)


async def test_a_move_that_several_links_see_is_compared_once(
    world: World, hq: Host, web1: Host, web2: Host
) -> None:
    await web1.write("from web1")
    await hq.link(web1, "pull")
    await hq.link(web2, "push")
    round_ = await compared(hq)
    feed = watch(round_)
    world.line.clear()
    await hq.write("backup", "changed here")
    assert (await told(feed)).peer == "web2"
    await silent(feed)
    assert world.line.kinds("hq").count("Propose") == 1


async def test_a_group_that_waits_for_its_peer_is_found_when_it_appears(hq: Host, web1: Host) -> None:
    await hq.link(web1, "pull", "easy", None, group_name="Other tasks")
    round_ = await compared(hq)
    assert [each.state for each in round_.results] == ["refused"]
    feed = watch(round_)
    pending = asyncio.ensure_future(anext(feed))  # type: ignore[arg-type]
    await asyncio.wait({pending}, timeout=0.2)
    assert not pending.done() or pending.result().state == "refused"
    await web1.write("other", group_id=OTHER)
    result = await asyncio.wait_for(pending, 30)
    while result.state != "differs":
        result = await told(feed)
    assert (result.state, result.group_id) == ("differs", OTHER)
    await silent(feed)


async def test_watchers_end_with_the_feed(hq: Host, web1: Host) -> None:
    await hq.link(web1, "push")
    tasks = asyncio.all_tasks()
    feed = watch(await compared(hq))
    await silent(feed)
    await feed.aclose()  # type: ignore[attr-defined]
    left = {task for task in asyncio.all_tasks() - tasks if "watch" in repr(task)}
    assert left == set()


async def test_a_fault_of_ours_ends_the_feed_and_is_told(
    hq: Host, web1: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hq.link(web1, "push")
    round_ = await compared(hq)

    async def broken(round_: Round, link_id: str) -> bool:
        raise RuntimeError("a bug")

    monkeypatch.setattr(watching, "moved", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        await told(watch(round_))
