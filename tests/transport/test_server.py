"""The server lets in whom it should, offers one thing, and survives whoever else knocks."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from atsn_tui.errors import AtsnError, BadInput, Refused, Unreachable
from atsn_tui.home import keys
from atsn_tui.transport.channel import Channel, Identity
from atsn_tui.transport.dial import Caller, dial, options
from atsn_tui.transport.frames import MAX_FRAME, encode
from atsn_tui.transport.limits import Limits
from atsn_tui.transport.server import Server
from tests.transport.site import Site, echo, ended, site, until


@asynccontextmanager
async def logged_in(there: Site) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A bare SSH connection, to do on it what our own client does not."""
    key = asyncssh.import_private_key(keys.read(there.path / "client_key"))
    connection = await dial(there.endpoint, Caller(key, "hq"), options(key), 10)
    async with connection:
        yield connection


@asynccontextmanager
async def raw(there: Site) -> AsyncIterator[tuple[asyncssh.SSHWriter[bytes], Channel]]:
    """A channel into which any bytes can be written, and the server's end of it."""
    async with logged_in(there) as connection:
        writer, _, _ = await connection.open_session(subsystem="atsn", encoding=None)
        yield writer, await there.channels.get()


async def knock(there: Site) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A TCP connection that says nothing."""
    return await asyncio.open_connection(there.server.address.host, there.server.address.port)


async def test_it_says_where_it_really_listens(handing_out: Site) -> None:
    assert handing_out.server.address.host == "127.0.0.1"
    assert handing_out.server.address.port > 0


async def test_it_listens_on_ipv6(tmp_path: Path) -> None:
    try:
        async with site(tmp_path, serve=echo, listen="[::1]:0") as there:
            assert str(there.server.address).startswith("[::1]:")
            pool = there.pool()
            channel = await pool.channel(there.endpoint)
            assert channel.identity.address == "::1"
            await pool.close()
    except BadInput:
        pytest.skip("this machine has no IPv6")


async def test_an_address_in_use_is_named(handing_out: Site) -> None:
    address = str(handing_out.server.address)
    with pytest.raises(BadInput, match=f"cannot listen on {address}: another program uses that address"):
        async with site(handing_out.path, listen=address):
            pytest.fail("two servers on one port")


async def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        BadInput, match=r"cannot listen on 192\.0\.2\.7:8022: this machine has no such address"
    ):
        async with site(tmp_path, listen="192.0.2.7:8022"):
            pytest.fail("a server on an address that is not ours")


async def test_a_missing_host_key_is_named(tmp_path: Path) -> None:
    async def never(*_: object) -> bool:
        return False

    with pytest.raises(BadInput, match="host_key is missing"):
        await Server.start("127.0.0.1:0", tmp_path / "host_key", never, echo)


async def test_both_ends_know_who_is_at_the_other(handing_out: Site) -> None:
    pool = handing_out.pool()
    here, there = await pool.channel(handing_out.endpoint), await handing_out.channels.get()
    assert here.identity == Identity(handing_out.host_key, "127.0.0.1")
    assert there.identity == Identity(handing_out.client_key, "127.0.0.1")
    assert set(handing_out.asked) == {(handing_out.client_key, "127.0.0.1")}
    await pool.close()


@pytest.mark.parametrize("request_", [{"command": "id"}, {}, {"subsystem": "sftp"}, {"subsystem": "atsn "}])
async def test_only_our_subsystem_is_offered(handing_out: Site, request_: dict[str, str]) -> None:
    async with logged_in(handing_out) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_session(**request_, encoding=None)
    assert handing_out.channels.empty()


async def test_neither_terminals_nor_forwarding_are_offered(handing_out: Site) -> None:
    async with logged_in(handing_out) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_session(
                subsystem="atsn", term_type="xterm", request_pty="force", encoding=None
            )
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", handing_out.server.address.port)
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_unix_connection("/tmp/socket")
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.start_server(lambda *_: None, "127.0.0.1", 0)
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.start_unix_server(lambda *_: None, "/tmp/socket")


async def test_a_second_request_on_a_channel_is_refused(handing_out: Site) -> None:
    async with logged_in(handing_out) as connection:
        writer, _, _ = await connection.open_session(subsystem="atsn", encoding=None)
        for request in (b"exec", b"shell", b"subsystem"):
            words = () if request == b"shell" else (asyncssh.packet.String("atsn"),)
            assert not await writer.channel._make_request(request, *words)
    assert handing_out.channels.qsize() == 1


async def test_a_key_of_another_type_is_refused(handing_out: Site) -> None:
    key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    with pytest.raises(asyncssh.PermissionDenied):
        await asyncssh.connect(
            "127.0.0.1",
            handing_out.server.address.port,
            config=None,
            known_hosts=None,
            client_keys=[key],
            agent_path=None,
        )
    assert handing_out.asked == []


async def test_a_known_key_cannot_vouch_for_another_one(handing_out: Site) -> None:
    known = asyncssh.import_private_key(keys.read(handing_out.path / "client_key"))
    other = asyncssh.generate_private_key("ssh-ed25519")
    certificate = known.generate_user_certificate(other, "hq")
    with pytest.raises(asyncssh.PermissionDenied):
        await asyncssh.connect(
            "127.0.0.1",
            handing_out.server.address.port,
            config=None,
            known_hosts=None,
            client_keys=[(other, certificate)],
            agent_path=None,
        )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"hello, is this a shell?\n", r"it begins with 'hello, is this a shell\?\\n"),
        ((MAX_FRAME + 1).to_bytes(4, "big") + b"\0", "was announced"),
        (b"\0\0\0\x0d\x01\x28\xb5\x2f\xfd\xe0" + (1 << 40).to_bytes(8, "little"), "unpacks to"),
    ],
)
async def test_a_peer_that_breaks_the_rules_is_refused_and_its_channel_closed(
    handing_out: Site, data: bytes, says: str
) -> None:
    async with raw(handing_out) as (writer, channel):
        writer.write(encode(b"good") + data + encode(b"never read"))
        assert await channel.receive() == b"good"
        with pytest.raises(Refused, match=rf"^the peer at 127\.0\.0\.1 broke the rules: .*{says}"):
            await channel.receive()
        assert channel.closed
        with pytest.raises(Unreachable, match="broke the rules"):
            await channel.receive()
        await writer.channel.wait_closed()


async def test_a_message_that_ends_in_the_middle_is_no_message(handing_out: Site) -> None:
    async with raw(handing_out) as (writer, channel):
        writer.write(encode(b"0123456789")[:-3])
        writer.write_eof()
        assert "closed the channel in the middle of a message (12 of 15 bytes)" in await ended(channel)


async def test_after_the_peers_eof_an_answer_still_travels(handing_out: Site) -> None:
    async with logged_in(handing_out) as connection:
        writer, reader, _ = await connection.open_session(subsystem="atsn", encoding=None)
        channel = await handing_out.channels.get()
        writer.write(encode(b"question"))
        writer.write_eof()
        assert await channel.receive() == b"question"
        await ended(channel)
        await channel.send(b"answer")
        assert await reader.readexactly(11) == encode(b"answer")


async def test_whoever_cuts_a_key_ends_its_connections_and_no_others(handing_out: Site) -> None:
    pool, other = handing_out.pool(), handing_out.stranger()
    other_key = keys.public_line(handing_out.path / "other_key")
    handing_out.known.add(other_key)
    cut_off, kept = await pool.channel(handing_out.endpoint), await other.channel(handing_out.endpoint)
    handing_out.known.remove(handing_out.client_key)
    await handing_out.server.cut(handing_out.client_key + " comment")
    await ended(cut_off)
    with pytest.raises(Refused):
        await pool.channel(handing_out.endpoint)
    await kept.send(b"still here")
    await pool.close()
    await other.close()


async def test_a_key_cut_while_it_logs_in_does_not_get_in(tmp_path: Path) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slowly(key: str, address: str) -> bool:
        asked.set()
        await answer.wait()
        return True

    async with site(tmp_path) as there:
        server = await Server.start("127.0.0.1:0", tmp_path / "host_key", slowly, echo)
        endpoint = type(there.endpoint)("web1", str(server.address), there.host_key)
        pool = there.pool()
        opening = asyncio.create_task(pool.channel(endpoint))
        await asked.wait()
        await server.cut(there.client_key)
        answer.set()
        with pytest.raises(Unreachable):
            await opening
        await pool.close()
        await server.close()


async def test_a_question_that_cannot_be_answered_is_a_no(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(key: str, address: str) -> bool:
        raise OSError("the database is gone")

    async with site(tmp_path) as there:
        server = await Server.start("127.0.0.1:0", tmp_path / "host_key", broken, echo)
        endpoint = type(there.endpoint)("web1", str(server.address), there.host_key)
        pool = there.pool()
        with pytest.raises(Refused):
            await pool.channel(endpoint)
        await pool.close()
        await server.close()
    assert f"could not decide on {keys.fingerprint(there.client_key)}" in caplog.text
    assert "the database is gone" in caplog.text


@pytest.mark.parametrize("error", [Refused("no grant"), ValueError("a bug"), None])
async def test_a_channel_is_closed_when_its_service_ends(
    tmp_path: Path, error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def serve(channel: Channel) -> None:
        await channel.send(b"hello")
        if error is not None:
            raise error

    async with site(tmp_path, serve=serve) as there:
        pool = there.pool()
        channel = await pool.channel(there.endpoint)
        assert await channel.receive() == b"hello"
        assert "closed the channel" in await ended(channel)
        await pool.close()
    assert (str(error) in caplog.text) == (error is not None)
    assert ("Traceback" in caplog.text) == isinstance(error, ValueError)


async def test_closing_cancels_the_service_waits_for_it_and_ends_all(tmp_path: Path) -> None:
    events: list[str] = []

    async def serve(channel: Channel) -> None:
        try:
            await channel.receive()
        finally:
            await asyncio.sleep(0.01)
            events.append("finished")

    async with site(tmp_path, serve=serve) as there:
        pool = there.pool()
        channel = await pool.channel(there.endpoint)
        silent, writer = await knock(there)
        await silent.readline()
        await there.server.close()
        assert events == ["finished"]
        await ended(channel)
        await silent.read()
        writer.close()
        with pytest.raises(OSError, match="onnect"):
            await knock(there)
        await pool.close()


async def test_who_does_not_log_in_is_shown_out(tmp_path: Path) -> None:
    async with site(tmp_path, Limits(login_timeout=0.2)) as there:
        reader, writer = await knock(there)
        async with asyncio.timeout(30):
            await reader.read()
        writer.close()


async def test_who_says_garbage_is_shown_out(handing_out: Site) -> None:
    reader, writer = await knock(handing_out)
    writer.write(b"GET / HTTP/1.1\r\n\r\n" + bytes(100_000))
    async with asyncio.timeout(30):
        await reader.read()
    writer.close()


async def test_too_many_from_one_address_who_do_not_log_in_are_shown_out_at_once(tmp_path: Path) -> None:
    async with site(tmp_path, Limits(logging_in_per_address=3), serve=echo) as there:
        pool = there.pool()
        before = await pool.channel(there.endpoint)
        waiting = [await knock(there) for _ in range(3)]
        for reader, _ in waiting:
            assert await reader.readline()
        reader, writer = await knock(there)
        assert await reader.read() == b""
        writer.close()
        await before.send(b"who was in before stays")
        assert await before.receive() == b"who was in before stays"
        for _, writer in waiting:
            writer.close()
            await writer.wait_closed()
        newcomer = there.pool()
        await until_welcome(newcomer, there)
        await newcomer.close()
        await pool.close()


async def until_welcome(pool: "object", there: Site) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await pool.channel(there.endpoint)  # type: ignore[attr-defined]
            except Unreachable:
                continue
            return


async def test_one_peer_gets_only_so_many_connections(tmp_path: Path) -> None:
    async with site(tmp_path, Limits(connections_per_key=1), serve=echo) as there:
        first, second = there.pool(), there.pool()
        await first.channel(there.endpoint)
        with pytest.raises(Unreachable, match="too many connections of this key"):
            await second.channel(there.endpoint)
        await first.close()
        await until_welcome(second, there)
        await second.close()


async def test_one_peer_gets_only_so_many_channels(tmp_path: Path) -> None:
    async with site(tmp_path, Limits(channels_per_key=2), serve=echo) as there:
        pool = there.pool()
        one, two = await pool.channel(there.endpoint), await pool.channel(there.endpoint)
        with pytest.raises(Refused, match="too many channels are open"):
            await pool.channel(there.endpoint)
        await one.close()
        await pool.channel(there.endpoint)
        await two.send(b"still here")
        assert await two.receive() == b"still here"
        await pool.close()


async def test_who_tries_too_many_keys_is_shown_out(tmp_path: Path) -> None:
    async with site(tmp_path, Limits(attempts=3)) as there:
        with pytest.raises((asyncssh.ConnectionLost, asyncssh.PermissionDenied)):
            await asyncssh.connect(
                "127.0.0.1",
                there.server.address.port,
                config=None,
                known_hosts=None,
                agent_path=None,
                client_keys=[asyncssh.generate_private_key("ssh-ed25519") for _ in range(6)],
            )
        assert len(there.asked) == 3


async def test_a_channel_that_asks_for_nothing_is_closed(tmp_path: Path) -> None:
    async with site(tmp_path, Limits(request_timeout=0.05)) as there, logged_in(there) as connection:
        channel: asyncssh.SSHClientChannel[bytes] = asyncssh.SSHClientChannel(
            connection, asyncio.get_running_loop(), "strict", None, "strict", 65_536, 32_768
        )
        await channel._open(b"session")
        await until(lambda: channel._send_state == "closed")


async def test_a_flood_of_refused_logins_does_not_flood_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "atsn_tui")
    async with site(tmp_path, Limits(log_lines_per_minute=2)) as there:
        there.known.clear()
        pool = there.pool()
        for _ in range(6):
            with pytest.raises(AtsnError):
                await pool.channel(there.endpoint)
        await pool.close()
        lines = [line for line in caplog.messages if "may not log in" in line]
        assert lines == [f"127.0.0.1: the key {keys.fingerprint(there.client_key)} may not log in"] * 2
