"""The whole of it once over real connections: keys, servers, ports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from atsn_tui.model.settings import Credential
from atsn_tui.store import peers
from tests.replication.ssh import SshWorld
from tests.replication.world import GROUP, Host


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[SshWorld]:
    opened = SshWorld(tmp_path)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def hq(world: SshWorld) -> Host:
    host = await world.host("hq")
    await host.write_all({f"task {number}": f"echo {number} {'x' * 300}" for number in range(300)})
    await host.set(credentials={"db": Credential(user="root", secret="s3cret")})
    return host


@pytest.fixture
async def web1(world: SshWorld, hq: Host) -> Host:
    """A node that hq may push to and that may pull from hq."""
    host = await world.host("web1")
    await world.acquaint(hq, host, "push")
    await world.acquaint(host, hq, "pull")
    return host


async def test_a_day_of_two_nodes(world: SshWorld, hq: Host, web1: Host) -> None:
    await hq.link(web1, "push", "strict")
    assert await hq.states() == ["applied"]
    assert await web1.digest() == await hq.digest()
    assert (await web1.settings()).credentials["db"].secret == "s3cret"
    assert await hq.states() == ["in_sync"]
    await hq.write("task 3", "changed")
    await hq.delete("task 4", "task 5")
    assert await hq.states() == ["applied"]
    assert await web1.records() == await hq.records()
    assert world.line.kinds("hq").count("Hello") == 1


async def test_many_to_one(world: SshWorld, hq: Host, web1: Host) -> None:
    await web1.link(hq, "pull", "easy")
    assert await web1.states() == ["applied"]
    await web1.write("mine")
    await hq.write("task 3", "changed")
    assert await web1.states() == ["applied"]
    assert await web1.tasks() == await hq.tasks() | {"mine": "true"}
    assert await web1.states() == ["in_sync"]


async def test_a_peer_that_was_restarted_is_found_again(world: SshWorld, hq: Host, web1: Host) -> None:
    await hq.link(web1, "push", "strict")
    assert await hq.states() == ["applied"]
    await world.stop(web1)
    result = (await hq.cycle()).links[0]
    assert result.state == "unreachable"
    assert result.error is not None
    assert web1.address in result.error.message
    await world.listen(web1)
    await hq.write("task 3", "changed")
    assert await hq.states() == ["applied"]


async def test_a_wrong_host_key_is_refused(hq: Host, web1: Host) -> None:
    known = await hq.peer(web1)
    await hq.store.write(lambda db: peers.update(db, replace(known, host_key=hq.host_key)))
    await hq.link(web1, "push")
    result = (await hq.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    assert "atsn peer set web1 --host-key" in result.error.message
    assert await web1.group(GROUP) is None


async def test_a_node_that_nobody_knows_is_refused(hq: Host, web1: Host) -> None:
    known = await web1.peer(hq)
    await web1.store.write(lambda db: peers.remove(db, known.id))
    await hq.link(web1, "push")
    result = (await hq.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    assert "atsn peer add" in result.error.message
    state = await hq.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))
    assert state.state == "refused"


async def test_a_connection_that_broke_before_the_apply_is_made_again(
    world: SshWorld, hq: Host, web1: Host
) -> None:
    await hq.link(web1, "push", "strict")
    round_ = await hq.round()
    await round_.compute()
    await world.stop(web1)
    await world.listen(web1)
    assert [result.state for result in await round_.apply()] == ["applied"]
    assert await web1.digest() == await hq.digest()
