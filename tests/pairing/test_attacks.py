"""Who was not invited, or not this time, learns nothing and changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncssh
import pytest
from msgspec.structs import replace

from atsn_tui.errors import AtsnError, Refused, Unreachable, VersionMismatch
from atsn_tui.home import keys
from atsn_tui.model.text import new_id
from atsn_tui.model.version import PROTOCOL, VERSION
from atsn_tui.node.node import Node
from atsn_tui.node.peers.contact import context_of
from atsn_tui.replication import messages as frames
from atsn_tui.replication.hello import own_hello
from atsn_tui.replication.pairing import attempts, door
from atsn_tui.replication.pairing.accept import MOST_WRONG
from atsn_tui.replication.pairing.joiner import visit
from atsn_tui.replication.pairing.line import InviteLine, read, written
from atsn_tui.replication.pairing.messages import Join, Look, decode_answer
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.dial import options
from atsn_tui.transport.frames import encode
from atsn_tui.transport.joining import joining
from atsn_tui.transport.limits import Limits
from tests.nodes import Machine, Machines, eventually
from tests.pairing.conftest import serving

SHUT = "lets nobody join just now"


@asynccontextmanager
async def ssh(there: Node, key_of: Node, user: str) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A bare SSH login, to do on it what our own client does not."""
    host, _, port = str(there.config.listen).rpartition(":")
    key = asyncssh.import_private_key(keys.read(key_of.home.client_key))
    trusting = asyncssh.SSHClientConnectionOptions(options(key), known_hosts=None, username=user)
    async with asyncssh.connect(host, int(port), config=None, options=trusting) as connection:
        yield connection


def channel_to(line: str, node: Node) -> "AsyncIterator[tuple[str, Channel]]":
    wanted = read(line)
    return joining(wanted.addresses, wanted.host_key, node.home.client_key, 5)  # type: ignore[return-value]


def changed(line: str, **values: object) -> str:
    return written(replace(read(line), **values))


async def refused(node: Node, line: str) -> str:
    """Joining is refused, and nothing is kept here; the reason."""
    with pytest.raises(Refused) as caught:
        await node.pairing.join(line)
    assert await node.peers.list() == []
    return caught.value.message


async def test_without_an_open_invite_the_door_is_shut(hq: Node, web1: Node) -> None:
    made = await hq.pairing.invite()
    await hq.pairing.revoke(made.invite.id[:6])
    assert SHUT in await refused(web1, made.line)
    with pytest.raises(asyncssh.PermissionDenied):
        async with ssh(hq, web1, "join"):
            pass


async def test_an_unknown_key_gets_in_as_join_only(hq: Node, web1: Node) -> None:
    await hq.pairing.invite()
    for user in ("atsn", "root", "JOIN", ""):
        with pytest.raises((asyncssh.PermissionDenied, asyncssh.DisconnectError)):
            async with ssh(hq, web1, user or "nobody"):
                pass
    async with ssh(hq, web1, "join"):
        pass


async def test_behind_the_door_is_the_exchange_and_nothing_else(hq: Node, web1: Node) -> None:
    await hq.pairing.invite()
    for what in ({"subsystem": "atsn"}, {"subsystem": "sftp"}, {"command": "true"}, {}):
        async with ssh(hq, web1, "join") as connection:
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_session(**what)


async def test_a_peer_has_the_exchange_behind_the_door_only(hq: Node, web1: Node) -> None:
    await web1.pairing.join((await hq.pairing.invite()).line)
    await hq.pairing.invite()
    async with ssh(hq, web1, "atsn") as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_session(subsystem="atsn-join")
    async with ssh(hq, web1, "join") as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_session(subsystem="atsn")


async def test_one_connection_has_one_channel_and_a_stranger_few_connections(hq: Node, web1: Node) -> None:
    await hq.pairing.invite()
    async with ssh(hq, web1, "join") as first, ssh(hq, web1, "join"), ssh(hq, web1, "join"):
        await first.open_session(subsystem="atsn-join", encoding=None)
        with pytest.raises(asyncssh.ChannelOpenError, match="one channel is enough"):
            await first.open_session(subsystem="atsn-join", encoding=None)
        with pytest.raises((asyncssh.DisconnectError, asyncssh.ChannelOpenError, ConnectionError)):
            async with ssh(hq, web1, "join") as fourth:
                await fourth.open_session(subsystem="atsn-join", encoding=None)


async def test_who_says_nothing_is_hung_up_on(hq: Node, web1: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "STEP_TIMEOUT", 0.05)
    line = (await hq.pairing.invite()).line
    async with channel_to(line, web1) as (_, channel):
        with pytest.raises(Unreachable):
            await channel.receive()


async def test_a_large_message_is_not_taken(hq: Node, web1: Node) -> None:
    line = (await hq.pairing.invite()).line
    async with channel_to(line, web1) as (_, channel):
        wire = channel._wire  # what the channel itself would not send
        wire.write(encode(bytes(range(256)) * 1024))
        with pytest.raises(Unreachable):
            await channel.receive()


async def test_an_expired_line_is_of_no_use(hq_machine: Machine, make_node: Machines, web1: Node) -> None:
    async with hq_machine.open() as hq:
        short, long = await hq.pairing.invite(valid_for="5m"), await hq.pairing.invite(valid_for="20m")
    async with serving(hq_machine, minutes=10) as hq:
        assert "the invite has expired" in await refused(web1, short.line)
        assert await hq.peers.list() == []
        await web1.pairing.join(long.line)
    async with serving(hq_machine, minutes=30), (await make_node.make("web9")).open() as web9:
        assert SHUT in await refused(web9, long.line)


async def test_a_used_line_is_of_no_use_to_others(hq: Node, web1: Node, web2: Node) -> None:
    line = (await hq.pairing.invite()).line
    await web1.pairing.join(line)
    assert SHUT in await refused(web2, line)
    await hq.pairing.invite()
    assert "used by another node already" in await refused(web2, line)
    assert [peer.name for peer in await hq.peers.list()] == ["web1"]


async def test_of_many_who_come_at_once_one_gets_in(hq_machine: Machine, make_node: Machines) -> None:
    """Through two servers, each with a database connection of its own, as two processes have."""
    other = Machine("hq", hq_machine.home, dict(hq_machine.identity))
    async with serving(hq_machine) as hq:
        made = await hq.pairing.invite()
        other.configure("listen", "127.0.0.1:0")
        async with other.open() as second:
            from atsn_tui.host.server import start_server

            server = await start_server(context_of(second.core), second.home, "127.0.0.1:0")
            line = read(made.line)
            ways = [line.addresses, (str(server.address),)] * 3
            machines = [await make_node.make(f"node{number}", listen=False) for number in range(6)]

            async def come(machine: Machine, way: tuple[str, ...]) -> bool:
                async with machine.open() as node:
                    try:
                        await node.pairing.join(changed(made.line, addresses=way))
                    except Refused:
                        return False
                    return len(await node.peers.list()) == 1

            came = await asyncio.gather(*(come(*each) for each in zip(machines, ways, strict=True)))
            await server.close()
        assert sorted(came) == [False] * 5 + [True]
        assert len(await hq.peers.list()) == 1


async def test_who_stands_in_between_hears_nothing(
    hq: Node, make_node: Machines, web1: Node, tmp_path: Path
) -> None:
    """Even one that has an invite open itself, and whose door would take any secret."""
    line = (await hq.pairing.invite()).line
    async with serving(await make_node.make("mallory")) as mallory:
        await mallory.pairing.invite()
        asked: list[str] = []
        admits = door.InviteDoor.admits

        async def listen(self: door.InviteDoor, key: str, address: str) -> bool:
            asked.append(key)
            return await admits(self, key, address)

        door.InviteDoor.admits, kept = listen, door.InviteDoor.admits  # type: ignore[method-assign]
        try:
            message = await refused(web1, changed(line, addresses=(str(mallory.config.listen),)))
        finally:
            door.InviteDoor.admits = kept  # type: ignore[method-assign]
        assert "Somebody may be in between" in message
        assert keys.fingerprint(hq.identity().host_key) in message
        assert keys.fingerprint(mallory.identity().host_key) in message
        assert asked == []
        assert await mallory.peers.list() == []


async def guess(node: Node, line: str, times: int) -> list[str]:
    return [await refused(node, changed(line, secret=bytes([number]) * 16)) for number in range(times)]


async def test_guessing_is_stopped_for_that_address(hq: Node, web1: Node) -> None:
    line = (await hq.pairing.invite()).line
    reasons = await guess(web1, line, attempts.PER_ADDRESS)
    assert all("is not valid" in reason for reason in reasons)
    assert SHUT in await refused(web1, line)  # even with the right one
    assert await hq.peers.list() == []


async def test_too_many_wrong_secrets_close_an_invite(
    hq: Node, web1: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "PER_ADDRESS", 1000)
    line = (await hq.pairing.invite()).line
    await guess(web1, line, MOST_WRONG - 1)
    assert [invite.state for invite in await hq.pairing.list()] == ["open"]
    await guess(web1, line, 1)
    assert [invite.state for invite in await hq.pairing.list()] == ["closed"]
    assert "is not valid" in await refused(web1, line)


async def test_an_unknown_invite_is_told_the_same_as_a_wrong_secret(hq: Node, web1: Node) -> None:
    line = (await hq.pairing.invite()).line
    wrong_id = await refused(web1, changed(line, id_bytes=bytes(8)))
    wrong_secret = await refused(web1, changed(line, secret=bytes(16)))
    assert wrong_id == wrong_secret


def test_wrong_tries_are_counted_for_an_address_and_forgotten_in_time() -> None:
    now = [0.0]
    tries = attempts.Attempts(lambda: now[0])
    for _ in range(attempts.PER_ADDRESS):
        assert tries.allowed("192.0.2.7")
        tries.failed("192.0.2.7")
    assert not tries.allowed("192.0.2.7")
    assert not tries.allowed("::ffff:192.0.2.7")
    assert tries.allowed("192.0.2.8")
    now[0] = attempts.WINDOW
    assert tries.allowed("192.0.2.7")


def test_a_whole_ipv6_network_counts_as_one_address() -> None:
    tries = attempts.Attempts(lambda: 0.0)
    for number in range(attempts.PER_ADDRESS):
        tries.failed(f"2001:db8::{number}")
    assert not tries.allowed("2001:db8::ffff")
    assert tries.allowed("2001:db8:0:1::1")


def test_tries_from_many_addresses_are_limited_too() -> None:
    tries = attempts.Attempts(lambda: 0.0)
    for number in range(attempts.IN_ALL):
        tries.failed(f"10.0.{number}.1")
    assert not tries.allowed("192.0.2.7")


async def test_an_invite_for_one_network_is_of_no_use_in_another(hq: Node, web1: Node) -> None:
    line = (await hq.pairing.invite(allow_from=["10.0.0.0/8", "2001:db8::/32"])).line
    assert "only for nodes from 10.0.0.0/8, 2001:db8::/32, and you come from 127.0.0.1" in await refused(
        web1, line
    )


async def test_a_node_of_another_version_stops_before_it_tells_the_secret(
    hq: Node, web1: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = (await hq.pairing.invite()).line
    monkeypatch.setattr(door, "VERSION", "99.0")
    with pytest.raises(VersionMismatch, match=r"99\.0.*upgrade web1"):
        await web1.pairing.join(line)
    assert await web1.peers.list() == await hq.peers.list() == []


async def test_a_node_of_another_version_is_not_taken(hq: Node, web1: Node) -> None:
    wanted = read((await hq.pairing.invite()).line)
    async with joining(wanted.addresses, wanted.host_key, web1.home.client_key, 5) as (_, channel):
        hello = frames.Hello(atsn=PROTOCOL, version="0.0", node_id=new_id(), name="old", clock=0)
        await channel.send(frames.encode(hello))
        answer = frames.decode_hello(await channel.receive())
        assert (answer.version, answer.name, answer.node_id) == (VERSION, "", "")
        with suppress(Unreachable):
            await channel.send(frames.encode(Join(wanted.invite, wanted.secret, "", None, ())))
        with pytest.raises(Unreachable):
            await channel.receive()
    assert await hq.peers.list() == []


async def talk(
    node: Node, wanted: InviteLine, *questions: Look | Join, node_id: str | None = None
) -> list[object]:
    """Ask as a node that says it has that id."""
    async with joining(wanted.addresses, wanted.host_key, node.home.client_key, 5) as (_, channel):
        hello = own_hello(context_of(node.core))
        await channel.send(frames.encode(replace(hello, node_id=node_id or hello.node_id)))
        await channel.receive()
        answers: list[object] = []
        for question in questions:
            await channel.send(frames.encode(question))
            answers.append(decode_answer(await channel.receive()))
        return answers


async def test_nobody_can_pose_as_a_node_that_is_known(hq: Node, web1: Node, web2: Node) -> None:
    await web1.pairing.join((await hq.pairing.invite()).line)
    wanted = read((await hq.pairing.invite("thief")).line)
    join = Join(wanted.invite, wanted.secret, web2.identity().host_key, None, ())
    for node_id, reason in (
        (web1.identity().node_id, "known there as 'web1' already, with another key"),
        (hq.identity().node_id, "this is the node that made the invite"),
    ):
        [answer] = await talk(web2, wanted, join, node_id=node_id)
        assert isinstance(answer, frames.Failed)
        assert reason in answer.text
    [answer] = await talk(web1, wanted, join, node_id=new_id())
    assert isinstance(answer, frames.Failed)
    assert "as that of another node" in answer.text
    assert [peer.name for peer in await hq.peers.list()] == ["web1"]


async def test_a_few_questions_end_the_exchange(hq: Node, web1: Node) -> None:
    wanted = read((await hq.pairing.invite()).line)
    look = Look(wanted.invite, wanted.secret)
    with pytest.raises(AtsnError):
        await talk(web1, wanted, *[look] * (door.MOST_QUESTIONS + 1))


async def test_nonsense_is_refused(hq: Node, web1: Node) -> None:
    wanted = read((await hq.pairing.invite()).line)
    for host_key, listen in (
        ("ssh-rsa AAAA", "192.0.2.7:1"),
        (web1.identity().host_key, "no address!"),
        (web1.identity().host_key, "[fe80::1%p; touch pwned; #]:8022"),
    ):
        [answer] = await talk(web1, wanted, Join(wanted.invite, wanted.secret, host_key, listen, ()))
        assert isinstance(answer, frames.Failed), answer
    assert await hq.peers.list() == []


async def test_the_secret_is_in_no_database(hq: Node, web1: Node, hq_machine: Machine) -> None:
    made = await hq.pairing.invite()
    await web1.pairing.join(made.line)
    dump = hq_machine.dump().lower()
    secret = read(made.line).secret
    assert made.invite.id in dump
    assert secret.hex() not in dump


async def test_a_connection_that_lingers_is_ended(hq_machine: Machine, web1: Node) -> None:
    from atsn_tui.host.server import start_server

    async with hq_machine.open() as hq:
        limits = Limits(joining_time=0.05)
        server = await start_server(context_of(hq.core), hq.home, str(hq.config.listen), limits)
        await hq.pairing.invite()
        async with ssh(hq, web1, "join") as connection:
            await eventually(connection.is_closed)
        await server.close()


async def test_who_breaks_off_can_try_again(hq: Node, web1: Node) -> None:
    made = await hq.pairing.invite()
    async with visit(context_of(web1.core), read(made.line), web1.home.client_key, 5) as there:
        await there.look()
    await web1.pairing.join(made.line)
    assert len(await hq.peers.list()) == 1
