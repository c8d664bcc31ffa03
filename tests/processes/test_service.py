"""The service: one for each home, it carries the periodic cycles, tells what needs a person, and ends when told."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator

import pytest

from atsn_tui.home import locks
from atsn_tui.home.home import Home
from atsn_tui.model.brake import Allowance
from atsn_tui.node.node import Node
from atsn_tui.node.views import LinkView
from atsn_tui.store import history
from tests.nodes import Machine, Machines, eventually, free_port, introduce
from tests.processes.content import GROUP, fill, rewrite
from tests.processes.forks import Forks, Process
from tests.processes.proxy import proxy_to

EACH_SECOND = "* * * * * *"


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq")


@pytest.fixture
async def web1(make_node: Machines, hq: Machine) -> Machine:
    """Known to hq, which may do everything there."""
    web1 = await make_node.make("web1")
    await introduce(hq, web1, "push,pull")
    return web1


@pytest.fixture
async def node(hq: Machine) -> AsyncIterator[Node]:
    """hq, open in this process."""
    async with hq.open() as node:
        yield node


async def the_link(node: Node) -> LinkView:
    [link] = await node.links.list()
    return link


async def in_state(node: Node, state: str) -> LinkView:
    """The only link, once its last round ended in that state."""
    return await eventually(lambda: _if_in_state(node, state))


async def _if_in_state(node: Node, state: str) -> LinkView | None:
    link = await the_link(node)
    return link if link.state == state else None


async def follows(machine: Machine, group: str, digest: str) -> None:
    """Wait until the group has that digest there."""
    await eventually(lambda: machine.stored_digest(group) == digest)


async def stop(process: Process) -> float:
    """End a service as systemd does; the seconds that it took."""
    began = time.monotonic()
    process.send(signal.SIGTERM)
    outcome = await process.end()
    assert outcome.code == 0, outcome
    return time.monotonic() - began


# One service for each home


async def test_a_second_service_is_refused_and_told_of_the_first(zygote: Forks, hq: Machine) -> None:
    service = await zygote.serve(hq)
    second = await zygote.run(hq, "serve")
    assert second.code == 3
    assert "a service runs for this node already" in second.err
    assert str(service.pid) in second.err
    await stop(service)
    assert await stop(await zygote.serve(hq)) < 2


async def test_a_service_that_is_killed_leaves_no_lock(zygote: Forks, hq: Machine) -> None:
    service = await zygote.serve(hq)
    assert locks.held(Home(hq.home).service_lock)
    await service.kill()
    assert not locks.held(Home(hq.home).service_lock)
    await stop(await zygote.serve(hq))


async def test_a_port_that_is_taken_is_named(zygote: Forks, make_node: Machines, hq: Machine) -> None:
    service = await zygote.serve(hq)
    other = await make_node.make("other")
    other.configure("listen", hq.identity["listen"])
    refused = await zygote.run(other, "serve")
    assert (refused.code, hq.identity["listen"] in refused.err) == (2, True)
    assert not locks.held(Home(other.home).service_lock)
    await stop(service)


# Ending


async def test_it_ends_within_two_seconds_and_leaves_no_lock(
    zygote: Forks, hq: Machine, web1: Machine, node: Node
) -> None:
    await fill(node, 3)
    await node.links.add(GROUP, "web1", "push", schedule=EACH_SECOND)
    services = [await zygote.serve(machine) for machine in (hq, web1)]
    await in_state(node, "in_sync")
    for service, machine in zip(services, (hq, web1), strict=True):
        assert await stop(service) < 2
        assert not locks.held(Home(machine.home).service_lock)


@pytest.mark.parametrize("hangs", ["the one it asks", "the one that asks it"])
async def test_a_peer_that_hangs_does_not_keep_it_from_ending(
    zygote: Forks, hq: Machine, web1: Machine, node: Node, hangs: str
) -> None:
    await fill(node, 3)
    await node.links.add(GROUP, "web1", "push", schedule=EACH_SECOND)
    asked, asking = await zygote.serve(web1), await zygote.serve(hq)
    await in_state(node, "in_sync")
    frozen, ending = (asked, asking) if hangs == "the one it asks" else (asking, asked)
    frozen.send(signal.SIGSTOP)
    await asyncio.sleep(1.2)  # so that the next cycle has begun
    assert await stop(ending) < 2
    await frozen.kill()


async def test_a_second_signal_ends_it_at_once(zygote: Forks, hq: Machine) -> None:
    service = await zygote.serve(hq)
    service.send(signal.SIGINT)
    with contextlib.suppress(ProcessLookupError):
        service.send(signal.SIGINT)
    assert (await service.end()).code in (0, -signal.SIGINT, 130)


# Cycles by themselves


@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_changes_travel_by_themselves(
    zygote: Forks, hq: Machine, web1: Machine, node: Node, direction: str
) -> None:
    primary, secondary = (hq, web1) if direction == "push" else (web1, hq)
    async with primary.open() as source:
        group = await fill(source, 3)
        await node.links.add(group, "web1", direction, schedule="*/2 * * * * *")  # type: ignore[arg-type]
        services = [await zygote.serve(machine) for machine in (web1, hq)]
        for mark in ("one", "two"):
            digest = await rewrite(source, mark)
            await follows(secondary, group, digest)
    link = await in_state(node, "in_sync")
    assert link.last_at is not None
    assert link.next_at is not None
    assert link.next_at > link.last_at
    assert (await node.status()).service == "running"
    for service in services:
        await service.kill()


async def test_a_link_that_is_changed_while_the_service_runs_is_followed(
    zygote: Forks, hq: Machine, web1: Machine, node: Node
) -> None:
    services = [await zygote.serve(machine) for machine in (web1, hq)]
    group = await fill(node, 3)
    link = await node.links.add(group, "web1", "push")
    assert web1.stored_digest(group) is None
    await node.links.change(link.id, schedule=EACH_SECOND)
    await follows(web1, group, (await node.groups.get(group)).digest)
    await node.links.change(link.id, enabled=False)
    await eventually(lambda: _no_next(node))
    digest = await rewrite(node, "later")
    await asyncio.sleep(1.5)
    assert web1.stored_digest(group) != digest
    await node.links.change(link.id, enabled=True)
    await follows(web1, group, digest)
    for service in services:
        await service.kill()


async def _no_next(node: Node) -> bool:
    return (await the_link(node)).next_at is None


async def test_a_plan_that_waits_for_a_person_shows_and_is_not_applied(
    zygote: Forks, hq: Machine, web1: Machine, node: Node
) -> None:
    group = await fill(node, 3)
    await node.links.add(group, "web1", "push", schedule=EACH_SECOND, apply="ask")
    services = [await zygote.serve(machine) for machine in (web1, hq)]
    link = await in_state(node, "differs")
    status = await node.status()
    assert (status.healthy, link.behind, status.peers[0].state, status.peers[0].behind) == (
        False,
        4,
        "behind",
        4,
    )
    await asyncio.sleep(1.5)
    assert web1.stored_digest(group) is None
    assert (await node.replication.cycle()).links[0].state == "applied"
    await in_state(node, "in_sync")
    assert (await node.status()).healthy
    assert services[1].err.read_text().count("wait for a person") == 1
    for service in services:
        await service.kill()


async def test_what_the_brake_holds_waits_and_is_told_once(
    zygote: Forks, hq: Machine, web1: Machine, node: Node
) -> None:
    group = await fill(node, 20)
    await node.links.add(group, "web1", "push", mode="strict", schedule=EACH_SECOND)
    services = [await zygote.serve(machine) for machine in (web1, hq)]
    await in_state(node, "in_sync")
    digest = web1.stored_digest(group)
    await node.tasks.remove([view.id for view in (await node.tasks.list(group))[:10]])
    link = await in_state(node, "held")
    assert link.result is not None
    assert link.result.deletions == 10
    assert not (await node.status()).healthy
    assert (await node.peers.get("web1")).state == "held"
    await asyncio.sleep(2.5)
    assert web1.stored_digest(group) == digest
    reports = [report for report in await node.replication.reports() if report.links[0].state == "held"]
    assert len(reports) == 1
    assert services[1].err.read_text().count(": held") == 1
    report = await node.replication.cycle(allow=Allowance(deletions=10))
    assert (report.links[0].state, report.links[0].applied.deleted) == ("applied", 10)
    await in_state(node, "in_sync")
    for service in services:
        await service.kill()


async def test_a_peer_that_was_down_gets_what_it_missed(
    zygote: Forks, hq: Machine, web1: Machine, node: Node
) -> None:
    group = await fill(node, 3)
    await node.links.add(group, "web1", "push", schedule=EACH_SECOND)
    service = await zygote.serve(hq)
    link = await in_state(node, "unreachable")
    assert "atsn serve" in (link.error or "")
    assert (await node.peers.get("web1")).state == "offline"
    await asyncio.sleep(1.5)
    far = await zygote.serve(web1)
    await follows(web1, group, (await node.groups.get(group)).digest)
    await in_state(node, "in_sync")
    await far.kill()
    await in_state(node, "unreachable")
    digest = await rewrite(node, "meanwhile")
    far = await zygote.serve(web1)
    await follows(web1, group, digest)
    await in_state(node, "in_sync")
    assert (await node.peers.get("web1")).state == "in_sync"
    assert service.err.read_text().count(": unreachable") == 2
    for each in (service, far):
        await each.kill()


async def test_peers_that_fail_do_not_hold_up_the_others(
    zygote: Forks, make_node: Machines, hq: Machine, web1: Machine, node: Node
) -> None:
    mute = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", port := free_port())
    hq.configure("timeouts.connect", 1)
    group = await fill(node, 3)
    await node.links.add(group, "web1", "push", schedule=EACH_SECOND)
    for name, address in (("mute", f"127.0.0.1:{port}"), ("down", f"127.0.0.1:{free_port()}")):
        other = await make_node.make(name)
        await introduce(hq, other, address=address)
        await node.links.add(group, name, "push", schedule=EACH_SECOND)
    services = [await zygote.serve(machine) for machine in (web1, hq)]
    for mark in ("one", "two", "three"):
        digest = await rewrite(node, mark)
        began = time.monotonic()
        await follows(web1, group, digest)
        assert time.monotonic() - began < 5
    for service in services:
        await service.kill()
    mute.close()


# A console in place of a service


async def test_a_console_carries_the_cycles_while_no_service_runs(
    zygote: Forks, hq: Machine, web1: Machine, node: Node
) -> None:
    far = await zygote.serve(web1)
    async with web1.open() as source:
        group = await fill(source, 3)
        await node.links.add(group, "web1", "pull", schedule=EACH_SECOND)
        console = asyncio.create_task(node.replication.run_timers())

        async def carried_by() -> str:
            """Who carries the next change here."""
            await follows(hq, group, await rewrite(source, "next"))
            rows = await node.core.store.read(lambda db: history.list_history(db, group, 1))
            return rows[0].entry.source

        assert await carried_by() == "timer"
        service = await zygote.serve(hq)
        await carried_by()  # a cycle of the console may just have been under way
        assert [await carried_by() for _ in range(3)] == ["service"] * 3
        await stop(service)
        assert await carried_by() == "timer"
        console.cancel()
        await asyncio.gather(console, return_exceptions=True)
        digest = await rewrite(source, "nobody")
        await asyncio.sleep(1.5)
        assert hq.stored_digest(group) != digest
    await far.kill()


async def test_a_plan_that_was_sent_to_a_peer_that_hangs_is_not_waited_for_long(
    zygote: Forks, make_node: Machines, hq: Machine, node: Node
) -> None:
    far = await make_node.make("far")
    async with proxy_to(far.identity["listen"]) as proxy:
        await introduce(hq, far, "push", address=proxy.address)
        group = await fill(node, 200)
        link = await node.links.add(group, "far", "push", mode="strict", schedule=EACH_SECOND)
        services = [await zygote.serve(machine) for machine in (far, hq)]
        await in_state(node, "in_sync")
        old = far.stored_digest(group)
        # The plan and its records are most of what travels: stop them on their way.
        proxy.stall_at = proxy.passed + 20_000
        new = await rewrite(node, "stalled")
        await eventually(lambda: not proxy.flows)
        await asyncio.sleep(0.2)
        assert await stop(services[1]) < 6
        assert not locks.held(Home(hq.home).service_lock)
        assert far.stored_digest(group) in (old, new)
        assert (await node.links.get(link.id)).state in ("unreachable", "in_sync")
        hq.check_sound()
        await services[0].kill()
