"""The client keeps one connection to each peer, trusts nobody but the pinned key, and says what went wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from atsn_tui.errors import BadInput, Refused, Unreachable
from atsn_tui.home import keys
from atsn_tui.transport.client import Pool
from atsn_tui.transport.dial import Endpoint
from tests.transport.site import Site, echo, ended, site

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[Pool]:
    """A pool with a key of its own, in no hurry for what works and in a hurry for what does not."""
    keys.make(tmp_path / "my_key")
    made = Pool(tmp_path / "my_key", timeout=0.5)
    yield made
    await made.close()


@pytest.fixture
def some_key(tmp_path: Path) -> str:
    return keys.make(tmp_path / "some_key")


@asynccontextmanager
async def tcp(handler: Handler) -> AsyncIterator[str]:
    """Any TCP server; its address."""
    guests: list[tuple[asyncio.Task[None], asyncio.StreamWriter]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(handler(reader, writer))
        guests.append((task, writer))

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task, writer in guests:
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*(task for task, _ in guests), return_exceptions=True)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def chatty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP \x1b[31mred\r\n" * 2000)
    await silent(reader, writer)


async def one_long_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"x" * 1_000_000)
    await silent(reader, writer)


async def half_ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-Fake\r\n" + bytes(range(256)) * 20)
    await silent(reader, writer)


async def test_all_channels_share_one_connection(echoing: Site) -> None:
    pool = echoing.pool()
    channels = await asyncio.gather(*(pool.channel(echoing.endpoint) for _ in range(8)))
    later = await pool.channel(echoing.endpoint)
    for channel in (*channels, later):
        await channel.send(b"hello")
        assert await channel.receive() == b"hello"
    assert len(echoing.server._table._connections) == 1
    await pool.close()


async def test_a_changed_host_key_is_refused_before_anything_is_shown(echoing: Site, some_key: str) -> None:
    pool = echoing.pool()
    with pytest.raises(Refused) as caught:
        await pool.channel(replace(echoing.endpoint, host_key=some_key))
    message = caught.value.message
    assert message.startswith(f"web1 ({echoing.server.address}) shows the host key ")
    assert keys.fingerprint(echoing.host_key) in message
    assert keys.fingerprint(some_key) in message
    assert message.endswith(f'atsn peer set web1 --host-key "{echoing.host_key}"')
    assert echoing.asked == []
    await pool.close()


async def test_without_a_pin_no_connection_is_made(echoing: Site) -> None:
    pool = echoing.pool()
    with pytest.raises(Refused) as caught:
        await pool.channel(replace(echoing.endpoint, name="web 1", host_key=None))
    assert f"no host key is pinned for web 1 ({echoing.server.address})" in caught.value.message
    assert keys.fingerprint(echoing.host_key) in caught.value.message
    assert f"""atsn peer set 'web 1' --host-key "{echoing.host_key}\"""" in caught.value.message
    assert echoing.asked == []
    await pool.close()


async def test_a_comment_on_the_pin_does_no_harm(echoing: Site) -> None:
    pool = echoing.pool()
    await pool.channel(replace(echoing.endpoint, host_key=echoing.host_key + " root@web1"))
    await pool.close()


async def test_an_unknown_key_is_refused_with_the_command_to_run_there(echoing: Site) -> None:
    pool = echoing.stranger()
    with pytest.raises(Refused) as caught:
        await pool.channel(echoing.endpoint)
    key = keys.public_line(echoing.path / "other_key")
    assert caught.value.message.startswith(f"web1 ({echoing.server.address}) does not let this node in")
    assert caught.value.message.endswith(f'run there: atsn peer add hq --key "{key}"')
    await pool.close()


async def test_a_refused_login_is_tried_again_when_asked_again(echoing: Site) -> None:
    pool = echoing.stranger()
    with pytest.raises(Refused):
        await pool.channel(echoing.endpoint)
    echoing.known.add(keys.public_line(echoing.path / "other_key"))
    await pool.channel(echoing.endpoint)
    await pool.close()


async def test_a_port_on_which_nothing_listens_is_unreachable(pool: Pool, some_key: str) -> None:
    async with tcp(silent) as address:
        pass
    with pytest.raises(
        Unreachable, match=rf"^web1 \({address}\) cannot be reached: nothing listens on that port"
    ):
        await pool.channel(Endpoint("web1", address, some_key))


async def test_of_a_name_with_several_addresses_the_same_is_said(pool: Pool, some_key: str) -> None:
    async with tcp(silent) as address:
        port = address.partition(":")[2]
    with pytest.raises(Unreachable, match=rf"^web1 \(localhost:{port}\) cannot be reached: nothing listens"):
        await pool.channel(Endpoint("web1", f"localhost:{port}", some_key))


async def test_an_unknown_host_name_is_unreachable(pool: Pool, some_key: str) -> None:
    with pytest.raises(Unreachable, match=r"^web1 \(no-such-host\.invalid:22\) cannot be reached: "):
        await pool.channel(Endpoint("web1", "no-such-host.invalid:22", some_key))


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (silent, r"no answer within 0\.5 seconds"),
        (closing, "it closed the connection before the login was done"),
        (chatty, "it does not speak SSH"),
        (one_long_line, "it does not speak SSH"),
        (half_ssh, ""),
    ],
)
async def test_whatever_answers_there_the_error_names_peer_and_address(
    pool: Pool, some_key: str, handler: Handler, says: str
) -> None:
    async with tcp(handler) as address:
        with pytest.raises(Unreachable, match=rf"^web1 \({address}\) cannot be reached: .*{says}") as caught:
            await pool.channel(Endpoint("web1", address, some_key))
    assert caught.value.message.isprintable()


async def test_a_bad_address_is_bad_input(pool: Pool, some_key: str) -> None:
    with pytest.raises(BadInput, match="web1:ssh"):
        await pool.channel(Endpoint("web1", "web1:ssh", some_key))


async def test_all_who_wait_for_one_peer_fail_together(pool: Pool, some_key: str) -> None:
    async with tcp(silent) as address, asyncio.timeout(2.2):
        endpoint = Endpoint("web1", address, some_key)
        results = await asyncio.gather(*(pool.channel(endpoint) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(result, Unreachable) for result in results)


async def test_who_gives_up_does_not_take_the_connection_from_others(echoing: Site) -> None:
    pool = echoing.pool()
    impatient = asyncio.create_task(pool.channel(echoing.endpoint))
    patient = asyncio.create_task(pool.channel(echoing.endpoint))
    await asyncio.sleep(0)
    impatient.cancel()
    channel = await patient
    await channel.send(b"hello")
    assert await channel.receive() == b"hello"
    with pytest.raises(asyncio.CancelledError):
        await impatient
    await pool.close()


async def test_a_channel_that_nobody_waits_for_any_more_is_closed(handing_out: Site) -> None:
    pool = handing_out.pool()
    await pool.channel(handing_out.endpoint)
    await handing_out.channels.get()
    opening = asyncio.create_task(pool.channel(handing_out.endpoint))
    for _ in range(3):
        await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await ended(await handing_out.channels.get())
    await pool.close()


async def test_after_a_restart_of_the_peer_the_next_channel_connects_again(tmp_path: Path) -> None:
    async with site(tmp_path, serve=echo) as before:
        address = str(before.server.address)
        pool = before.pool()
        old = await pool.channel(before.endpoint)
    await ended(old)
    with pytest.raises(Unreachable, match="nothing listens"):
        await pool.channel(before.endpoint)
    (tmp_path / "client_key").rename(tmp_path / "kept")
    async with site(tmp_path, serve=echo, listen=address) as after:
        after.known.add(before.client_key)
        channel = await pool.channel(after.endpoint)
        await channel.send(b"again")
        assert await channel.receive() == b"again"
        await pool.close()


async def test_a_connection_that_died_silently_is_replaced(echoing: Site) -> None:
    """As when a firewall forgets a connection: no packet passes, and neither side is told."""
    frozen: list[asyncio.Event] = []

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", echoing.server.address.port)
        thawed = asyncio.Event()
        thawed.set()
        frozen.append(thawed)

        async def pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                await thawed.wait()
                target.write(data)
            target.close()

        try:
            await asyncio.gather(pipe(reader, there[1]), pipe(there[0], writer), return_exceptions=True)
        finally:
            there[1].transport.abort()

    pool = echoing.pool(timeout=0.5)
    async with tcp(forward) as address:
        endpoint = replace(echoing.endpoint, address=address)
        old = await pool.channel(endpoint)
        frozen[0].clear()
        channel = await pool.channel(endpoint)
        await channel.send(b"alive")
        assert await channel.receive() == b"alive"
        assert len(frozen) == 2
        await ended(old)
        await pool.close()
        for event in frozen:
            event.set()


async def test_a_peer_with_a_new_address_gets_a_new_connection(echoing: Site, some_key: str) -> None:
    pool = echoing.pool()
    old = await pool.channel(echoing.endpoint)
    with pytest.raises(Refused):
        await pool.channel(replace(echoing.endpoint, host_key=some_key))
    await ended(old)
    await pool.channel(echoing.endpoint)
    await pool.close()


async def test_a_dropped_peer_is_disconnected(echoing: Site) -> None:
    pool = echoing.pool()
    channel = await pool.channel(echoing.endpoint)
    await pool.drop("nobody")
    assert not channel.closed
    await pool.drop("web1")
    await ended(channel)
    await pool.close()


async def test_a_closed_pool_ends_everything_and_stays_closed(echoing: Site) -> None:
    pool = echoing.pool()
    channel = await pool.channel(echoing.endpoint)
    await pool.close()
    await pool.close()
    await ended(channel)
    with pytest.raises(Unreachable, match="closing its connections"):
        await pool.channel(echoing.endpoint)


async def test_closing_stops_what_is_being_connected(pool: Pool, some_key: str) -> None:
    async with tcp(silent) as address:
        opening = asyncio.create_task(pool.channel(Endpoint("web1", address, some_key)))
        await asyncio.sleep(0.01)
        await pool.close()
        with pytest.raises(Unreachable, match="given up"):
            await opening


async def test_a_missing_key_is_named(echoing: Site) -> None:
    pool = Pool(echoing.path / "no_key")
    with pytest.raises(BadInput, match="no_key is missing"):
        await pool.channel(echoing.endpoint)
    await pool.close()


async def test_an_account_without_a_name_can_connect(echoing: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "")

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    pool = echoing.pool()
    await pool.channel(echoing.endpoint)
    await pool.close()


async def test_the_users_ssh_files_take_no_part(
    echoing: Site, some_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / ".ssh"
    settings.mkdir()
    (settings / "config").write_text("Host *\n  ProxyCommand false\n  Port 1\n")
    (settings / "known_hosts").write_text(f"[127.0.0.1]:{echoing.server.address.port} {echoing.host_key}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    pool = echoing.pool()
    await pool.channel(echoing.endpoint)
    with pytest.raises(Refused):
        await pool.channel(replace(echoing.endpoint, host_key=some_key))
    await pool.close()


async def test_a_server_that_is_no_node_is_refused(echoing: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atsn_tui.transport.client.SUBSYSTEM", "other")
    pool = echoing.pool()
    with pytest.raises(Refused, match="lets us in but has no subsystem 'other': is it an ATSN node"):
        await pool.channel(echoing.endpoint)
    await pool.close()
