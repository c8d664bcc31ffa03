"""Who is not to be connected to any more is not, over memory and over SSH alike."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from atsn_tui.errors import AtsnError, Refused, VersionMismatch
from atsn_tui.model.peer import Peer
from atsn_tui.model.version import VERSION
from atsn_tui.store import peers
from tests.replication.rules import Gate, rewrite
from tests.replication.ssh import SshWorld
from tests.replication.world import Host, World
from tests.transport.site import until


@pytest.fixture(params=["memory", "ssh"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    made = SshWorld(tmp_path) if request.param == "ssh" else World(tmp_path)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def peer(hq: Host, web1: Host) -> Peer:
    """web1, as hq knows it."""
    return await hq.peer(web1)


async def forget(hq: Host, peer: Peer) -> None:
    await hq.store.write(lambda db: peers.remove(db, peer.id))


async def test_a_dropped_peer_has_no_connection_left(world: World, hq: Host, web1: Host, peer: Peer) -> None:
    for purpose in ("one", "other"):
        await hq.connections.replica(peer, purpose)
    assert world.connected(web1)
    await hq.connections.drop(peer)
    await until(lambda: not world.connected(web1))


async def test_a_drop_ends_an_answer_that_is_waited_for(
    world: World, hq: Host, web1: Host, peer: Peer
) -> None:
    replica = await hq.connections.replica(peer, "test")
    world.line.rules.append(gate := Gate("Groups"))
    asking = asyncio.create_task(replica.groups())
    await gate.reached.wait()
    await hq.connections.drop(peer)
    gate.opened.set()
    await until(lambda: not world.connected(web1))
    await asyncio.gather(asking, return_exceptions=True)
    assert replica.closed


async def test_nobody_is_left_with_what_was_being_begun(
    world: World, hq: Host, web1: Host, peer: Peer
) -> None:
    """Neither who says Hello just then, nor who waits for that conversation."""
    world.line.rules.append(gate := Gate("Hello"))
    begun = [asyncio.create_task(hq.connections.replica(peer, "test")) for _ in range(3)]
    await gate.reached.wait()
    await forget(hq, peer)
    await hq.connections.drop(peer)
    gate.opened.set()
    for each in begun:
        with pytest.raises(AtsnError):
            await each
    await until(lambda: not world.connected(web1))


@pytest.mark.parametrize("version", [VERSION, "0.0.1"])
async def test_who_was_dropped_as_the_connection_came_about_keeps_none(
    world: World, hq: Host, web1: Host, peer: Peer, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drop finds no channel yet, whether or not the Hello succeeds afterwards."""
    world.line.rules.append(rewrite("Hello", lambda hello: replace(hello, version=version)))
    pool = hq.connections._pool
    real = pool.channel

    async def late(endpoint: object) -> object:
        await hq.connections.drop(peer)
        return await real(endpoint)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "channel", late)
    with pytest.raises(Refused if version == VERSION else VersionMismatch):
        await hq.connections.replica(peer, "test")
    await until(lambda: not world.connected(web1))


@pytest.mark.parametrize("values", [{"address": "192.0.2.9:22"}, {"name": "www"}, None])
async def test_who_still_holds_a_peer_that_was_changed_or_removed_gets_no_connection(
    world: World, hq: Host, web1: Host, peer: Peer, values: dict[str, str] | None
) -> None:
    await hq.connections.replica(peer, "test")
    if values is None:
        await forget(hq, peer)
    else:
        await hq.store.write(lambda db: peers.update(db, replace(peers.get(db, peer.id), **values)))  # type: ignore[type-var]
    await hq.connections.drop(peer)
    await until(lambda: not world.connected(web1))
    with pytest.raises(Refused, match="reached in another way since: look again"):
        await hq.connections.replica(peer, "test")
    assert not world.connected(web1)


async def test_after_a_drop_a_peer_that_is_still_known_is_connected_to_anew(
    world: World, hq: Host, web1: Host, peer: Peer
) -> None:
    await hq.connections.replica(peer, "test")
    await hq.connections.drop(peer)
    replica = await hq.connections.replica(peer, "test")
    assert await replica.groups() == {}
