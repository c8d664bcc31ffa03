"""Connections and channels stay open between cycles; what breaks them leaves the old or the new state."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from atsn_tui.errors import Moved
from atsn_tui.model.brake import Allowance
from atsn_tui.model.result import LinkResult
from atsn_tui.model.text import new_id
from atsn_tui.node.node import Node
from atsn_tui.node.peers.contact import connections_of, context_of
from atsn_tui.replication.connections import Connections
from atsn_tui.replication.cycle import run_cycle
from atsn_tui.replication.link import Question, prepare
from atsn_tui.replication.local import LocalReplica
from atsn_tui.replication.targets import targets_of
from atsn_tui.store import peers
from tests.nodes import Machine, Machines, eventually
from tests.openssh.sshd import Sshd, living
from tests.processes.content import fill, rewrite

TASKS = 300

Kill = Callable[[Sshd], None]


@dataclass
class Pair:
    """hq, whose node is open here, and web1 behind the sshd."""

    hq: Machine
    web1: Machine
    node: Node
    sshd: Sshd
    group: str
    connections: Connections

    async def cycle(self) -> list[LinkResult]:
        """A cycle over all links, as the service runs it."""
        targets = await self.node.core.store.read(targets_of)
        context = context_of(self.node.core)
        report = await run_cycle(context, self.connections, targets, trigger="schedule", source="test")
        return list(report.links)

    async def states(self) -> list[str]:
        return [link.state for link in await self.cycle()]

    @property
    def logins(self) -> int:
        return self.sshd.log.count("Accepted publickey")


@pytest.fixture
async def pair(own_home: Path, make_node: Machines, sshd: Sshd) -> AsyncIterator[Pair]:
    hq, web1 = await make_node.make("hq", listen=False), await make_node.make("web1", listen=False)
    async with web1.open() as far:
        await far.peers.add("hq", hq.identity["public_key"], grants=["push", "pull"])
    sshd.let_in(await asyncio.to_thread(_line, web1))
    async with hq.open() as node:
        await node.peers.add(
            "web1", web1.identity["public_key"], address=sshd.address, host_key=sshd.host_key
        )
        group = await fill(node, TASKS)
        await node.links.add(group, "web1", "push", mode="strict")
        connections = connections_of(node.core)
        yield Pair(hq, web1, node, sshd, group, connections)
        await connections.close()


def _line(web1: Machine) -> str:
    return web1.atsn("peer", "authorize", "hq", "--print").ok().out


async def test_a_cycle_uses_what_the_one_before_left_open(pair: Pair) -> None:
    assert await pair.states() == ["applied"]
    channels = pair.sshd.channels()
    assert (await pair.states(), pair.logins) == (["in_sync"], 1)
    assert pair.sshd.channels() == channels


async def test_a_peer_that_is_dropped_has_no_connection_left(pair: Pair) -> None:
    assert await pair.states() == ["applied"]
    assert pair.sshd.connections()
    [peer] = await pair.node.core.store.read(peers.list_peers)
    await pair.connections.drop(peer)
    await eventually(lambda: not pair.sshd.connections())


async def test_a_plan_that_was_taken_back_is_not_applied_by_another_process(pair: Pair) -> None:
    """Each channel is a process of its own there: what a dying one still holds is too late as well."""
    node, context = pair.node, context_of(pair.node.core)
    [target] = await node.core.store.read(targets_of)
    near = LocalReplica(context, target.peer, "push", "test")
    dying, new = [await pair.connections.replica(target.peer, purpose) for purpose in ("dying", "new")]
    question = Question(target.link, target.peer, "strict", pair.group, target.group, True, new_id())
    prepared = await prepare(question, near, dying)
    assert prepared.proposal is not None
    assert await new.withdraw(pair.group, prepared.proposal.id) is None
    with pytest.raises(Moved, match="hq has taken this plan back"):
        await dying.commit(prepared.proposal, prepared.verdict, Allowance())
    assert pair.web1.stored_digest(pair.group) is None


async def test_what_is_taken_away_holds_on_a_channel_that_is_open(pair: Pair) -> None:
    async def refused() -> bool:
        return await pair.states() == ["refused"]

    assert await pair.states() == ["applied"]
    async with pair.web1.open() as far:
        await far.peers.change("hq", grants=["none"])
    await eventually(refused)
    async with pair.web1.open() as far:
        await far.peers.remove("hq")
    await rewrite(pair.node, "1", group=pair.group)
    await eventually(refused)


async def test_a_state_that_moved_between_preview_and_apply(pair: Pair) -> None:
    assert await pair.states() == ["applied"]
    await rewrite(pair.node, "1", group=pair.group)
    async with pair.node.replication.open() as session:
        assert [result.state for result in await session.compute()] == ["differs"]
        async with pair.web1.open() as far:
            await rewrite(far, "2", group=pair.group)
            moved = pair.web1.stored_digest(pair.group)
        assert [result.state for result in await session.apply()] == ["moved"]
    assert pair.web1.stored_digest(pair.group) == moved


async def test_more_links_than_one_connection_carries_channels(pair: Pair) -> None:
    for number in range(2):
        group = await pair.node.groups.add(f"group {number}")
        await pair.node.links.add(group.id, "web1", "push")
    pair.sshd.stop()
    pair.sshd.options = ("MaxSessions 2",)
    pair.sshd.start()
    assert await pair.states() == ["applied"] * 3
    assert pair.logins == 2
    assert await pair.states() == ["in_sync"] * 3
    assert pair.logins == 2


@pytest.mark.own_program
@pytest.mark.parametrize("kill", [Sshd.kill_connections, Sshd.kill_channels, Sshd.stop])
async def test_what_dies_in_the_middle_of_an_apply_leaves_the_old_or_the_new_state(
    pair: Pair, kill: Kill
) -> None:
    assert await pair.states() == ["applied"]
    old = pair.web1.stored_digest(pair.group)
    new = await rewrite(pair.node, "1", group=pair.group)
    written = _written(pair.web1)
    cycle = asyncio.create_task(pair.cycle())
    # The database is written: it is in the middle of the transaction, or just behind it.
    await eventually(lambda: cycle.done() or _written(pair.web1) != written)
    channels = pair.sshd.channels()
    kill(pair.sshd)
    [link] = await cycle
    assert link.state in ("applied", "unreachable", "failed"), link.error
    await eventually(lambda: not living(channels))
    await asyncio.to_thread(pair.web1.check_sound)
    found = pair.web1.stored_digest(pair.group)
    assert found in (old, new)
    assert found == new or link.state != "applied"
    if pair.sshd.process is None:
        pair.sshd.start()
    states = await pair.states()
    if states == ["unreachable"]:  # The end of the former channel was found by using it.
        states = await pair.states()
    assert states in (["applied"], ["in_sync"])
    assert pair.web1.stored_digest(pair.group) == new


def _written(machine: Machine) -> int:
    return (machine.home / "atsn.db-wal").stat().st_mtime_ns
