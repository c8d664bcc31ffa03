"""What a peer may no longer do ends at once, whoever takes it away; and what was refused can be seen."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from atsn_tui.errors import AtsnError, Refused
from atsn_tui.host import guard as guarding
from atsn_tui.host.guard import guard, less
from atsn_tui.host.server import start_server
from atsn_tui.model.peer import Grant, Peer
from atsn_tui.node.node import Node
from atsn_tui.node.peers.contact import connections_of, context_of
from atsn_tui.replication.connections import Connections
from atsn_tui.replication.remote import RemoteReplica
from atsn_tui.store import peers
from tests.nodes import Machine, Machines, acquaint, eventually, introduce

SOON = 4.0
"""Seconds within which a cut has happened; the promise is about one."""


@pytest.fixture
async def web1_machine(make_node: Machines) -> Machine:
    return await make_node.make("web1")


@pytest.fixture
async def web1(web1_machine: Machine, hq_machine: Machine) -> AsyncIterator[Node]:
    """A node that hq lets pull, push and ask."""
    await introduce(web1_machine, hq_machine, "pull", "push", "status")
    async with web1_machine.open() as node:
        yield node


@pytest.fixture
async def guarded(hq_machine: Machine) -> AsyncIterator[Node]:
    """hq as the service has it: listening, and watching its peers."""
    async with hq_machine.open() as node:
        server = await start_server(context_of(node.core), node.home, str(node.config.listen))
        connections = connections_of(node.core)
        watching = asyncio.create_task(guard(node.core.store, server, connections))
        yield node
        watching.cancel()
        await connections.close()
        await server.close()


@pytest.fixture
async def there(web1: Node, guarded: Node) -> AsyncIterator[RemoteReplica]:
    """hq, as web1 is connected to it."""
    connections = connections_of(web1.core)
    yield await connected(web1, connections)
    await connections.close()


async def connected(node: Node, connections: Connections, name: str = "hq") -> RemoteReplica:
    peer = await node.core.store.read(lambda db: peers.by_name(db, name))
    assert peer
    return await connections.replica(peer, "test")


CHANGES = {
    "removed": ("rm", "web1"),
    "may do less": ("set", "web1", "--grant", "pull"),
    "may do it for one group": ("set", "web1", "--grant", "pull:ops,push,status"),
    "may come from elsewhere": ("set", "web1", "--from", "10.0.0.0/8"),
    "has another key": ("set", "web1", "--key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_by_another_process_ends_open_connections(
    change: str, there: RemoteReplica, guarded: Node, hq_machine: Machine
) -> None:
    await guarded.groups.add("ops")
    assert await there.groups()
    conversation = there._conversation
    done = await asyncio.to_thread(hq_machine.process, "peer", *CHANGES[change])
    done.ok()
    await eventually(lambda: conversation.closed, SOON)


@pytest.mark.parametrize(
    "words", [("--grant", "pull,push,status"), ("--name", "www"), ("--from", "127.0.0.0/8")]
)
async def test_a_change_that_takes_nothing_away_ends_nothing(
    words: tuple[str, str],
    there: RemoteReplica,
    guarded: Node,
    hq_machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    read: list[dict[str, Peer]] = []
    peers_of = guarding._peers
    monkeypatch.setattr(guarding, "_peers", lambda db: read.append(peers_of(db)) or read[-1])
    compare = guarding._compare

    async def look(before: Peer, after: Peer | None, *others: Any) -> None:
        await compare(before, after, *others)
        seen.append(before.name if after else f"{before.name} is gone")

    monkeypatch.setattr(guarding, "_compare", look)
    (await asyncio.to_thread(hq_machine.atsn, "peer", "set", "web1", *words)).ok()
    await guarded.peers.add("other", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43)
    await eventually(lambda: read and "other" in {peer.name for peer in read[-1].values()})
    await guarded.peers.remove("other")
    await eventually(lambda: "other is gone" in seen)
    assert not there._conversation.closed
    assert await there.groups() == {}


async def test_what_an_sshd_started_reads_the_peer_only_when_something_was_written(
    web1: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    await web1.peers.change("hq", grants=("pull", "status"))
    store = web1.core.store
    hq = await store.read(lambda db: peers.by_name(db, "hq"))
    assert hq
    looks: list[int] = []
    reads: list[Peer | None] = []
    version, real = store.data_version, guarding.less

    async def look() -> int:
        looks.append(await version())
        return looks[-1]

    monkeypatch.setattr(guarding, "LOOK", 0.01)
    monkeypatch.setattr(store, "data_version", look)
    monkeypatch.setattr(guarding, "less", lambda before, after: reads.append(after) or real(before, after))
    watching = asyncio.create_task(guarding.until_less(store, hq, "127.0.0.1"))
    await eventually(lambda: len(looks) > 10)
    assert reads == [hq]
    await web1.peers.change("hq", "head office")
    await eventually(lambda: len(reads) == 2)
    assert not watching.done()
    await web1.peers.change("head office", grants=("pull",))
    async with asyncio.timeout(SOON):
        await watching


async def test_it_ends_in_the_middle_of_a_request(
    there: RemoteReplica, guarded: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    from atsn_tui.replication import server

    begun, ended = asyncio.Event(), asyncio.Event()

    async def work(self: object, peer: Peer) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(server._Session, "_groups", work)
    asking = asyncio.create_task(there.groups())
    await begun.wait()
    await guarded.peers.remove("web1")
    async with asyncio.timeout(SOON):
        await ended.wait()
        with pytest.raises(AtsnError):
            await asking


async def test_who_logs_in_after_the_change_is_not_cut_off_by_it(
    there: RemoteReplica, guarded: Node, web1: Node
) -> None:
    await there.groups()
    await guarded.peers.change("web1", grants=("pull",))
    later = connections_of(web1.core)
    replica = await connected(web1, later)
    await eventually(lambda: there._conversation.closed, SOON)
    await replica.groups()
    await later.close()


async def test_who_was_removed_is_not_connected_to_any_longer(guarded: Node, web1_machine: Machine) -> None:
    """The other direction: hq is connected to web1, and removes it."""
    async with web1_machine.open() as web1:
        await introduce_back(guarded, web1)
        server = await start_server(context_of(web1.core), web1.home, str(web1.config.listen))
        connections = connections_of(guarded.core)
        watching = asyncio.create_task(guard(guarded.core.store, None, connections))
        conversation = (await connected(guarded, connections, "web1"))._conversation
        await guarded.peers.remove("web1")
        await eventually(lambda: conversation.closed, SOON)
        watching.cancel()
        await connections.close()
        await server.close()


async def introduce_back(here: Node, there: Node) -> None:
    known = there.identity()
    await here.peers.add("web1", known.public_key, address=known.listen, host_key=known.host_key)
    await there.peers.add("hq", here.identity().public_key)


PEER = Peer(id="x", name="x", public_key="k", grants=(Grant("pull"),), allow_from=("10.0.0.0/8",))


@pytest.mark.parametrize(
    ("values", "lost"),
    [
        ({}, False),
        ({"name": "y"}, False),
        ({"grants": (Grant("pull"), Grant("push"))}, False),
        ({"allow_from": ()}, False),
        ({"allow_from": ("10.0.0.0/8", "192.0.2.7")}, False),
        ({"grants": ()}, True),
        ({"grants": (Grant("pull", "one group"),)}, True),
        ({"public_key": "other"}, True),
    ],
)
def test_what_counts_as_less(values: dict[str, object], lost: bool) -> None:
    from msgspec.structs import replace

    assert (less(PEER, replace(PEER, **values)) is not None) == lost
    assert less(PEER, None)


async def test_a_refusal_can_be_seen(there: RemoteReplica, guarded: Node, web1: Node) -> None:
    await guarded.peers.change("web1", allow_from=["10.0.0.0/8"])
    connections = connections_of(web1.core)
    for _ in range(3):
        with pytest.raises(Refused, match="does not let web1 connect from"):
            await connected(web1, connections)
    await connections.close()
    [view] = (await guarded.peers.access()).peers
    assert view.last_refusal is not None
    assert (view.last_refusal.address, view.last_refusal.count) == (
        "127.0.0.1",
        1,
    )  # others are yet to be counted
    assert "does not let web1 connect from 127.0.0.1" in view.last_refusal.reason
    assert (await guarded.peers.get("web1")).last_refusal == view.last_refusal


async def test_a_stranger_is_remembered_but_not_for_each_try(guarded: Node, web1: Node) -> None:
    await guarded.peers.remove("web1")
    connections = connections_of(web1.core)
    for _ in range(3):
        with pytest.raises(Refused, match="does not let this node in"):
            await connected(web1, connections)
    await connections.close()
    access = await guarded.peers.access()
    assert access.peers == ()
    assert access.strangers is not None
    assert (access.strangers.address, access.strangers.count) == ("127.0.0.1", 1)
    assert "is no peer's" in access.strangers.reason


def test_the_table_shows_who_may_do_what(make_node: Machines) -> None:
    hq, web1 = make_node("hq"), make_node("web1")
    acquaint(hq, web1, "pull,push:5f1c0d9e-3a52-4c1b-9a65-0d2f6a8b7c11")
    hq.atsn("group", "add", "ops").ok()
    hq.atsn("peer", "set", "web1", "--grant", "pull,push:ops", "--from", "10.0.0.0/8,2001:db8::/32").ok()
    hq.atsn("node", "set", "connect=off").ok()
    view = hq.atsn("peer", "access", "--json").ok().json
    assert (view["connect"], view["listen"], view["service"]) == (False, hq.identity["listen"], "stopped")
    [peer] = view["peers"]
    assert (peer["pull"], peer["push"], peer["status"]) == (["*"], ["ops"], [])
    assert peer["allow_from"] == ["10.0.0.0/8", "2001:db8::/32"]
    shown = hq.atsn("peer", "access").ok().out
    for text in ("to nobody", "all groups", "ops", "2001:db8::/32", "none does"):
        assert text in shown
    hq.atsn("node", "set", "connect=on").ok()


async def test_a_service_cuts_who_is_removed_by_command(make_node: Machines) -> None:
    """All parts real: the service logs whom it cut, and the removed node is refused from then on."""
    hq, web1 = await make_node.make("hq"), await make_node.make("web1", listen=False)
    await introduce(web1, hq, "pull")
    await asyncio.to_thread(hq.serve)
    log = hq.home.parent / "hq.err"
    async with web1.open() as node:
        connections = connections_of(node.core)
        conversation = (await connected(node, connections))._conversation
        (await asyncio.to_thread(hq.atsn, "peer", "rm", "web1")).ok()
        await eventually(lambda: conversation.closed, SOON)
        await eventually(lambda: "cut the connections of web1: it was removed" in log.read_text(), SOON)
        with pytest.raises(Refused, match="does not let this node in"):
            await connected(node, connections)
        await connections.close()
    assert "refused a stranger at 127.0.0.1" in log.read_text()
