"""Neither strangers nor a peer can take so much of a node that others get nothing."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import asyncssh
import pytest

from atsn_tui.errors import Unreachable
from atsn_tui.transport import sweep
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.connection_table import ConnectionTable
from atsn_tui.transport.frames import encode
from atsn_tui.transport.limits import Limits
from atsn_tui.transport.login import Login
from atsn_tui.transport.quietlog import QuietLog
from tests.transport.site import Site, echo, site, until
from tests.transport.test_server import logged_in, raw


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "LOOK", 0.02)


async def half_open(there: Site, number: int, stack: list[asyncio.StreamWriter]) -> None:
    for _ in range(number):
        _, writer = await asyncio.open_connection(there.server.address.host, there.server.address.port)
        stack.append(writer)


async def test_a_thousand_half_open_connections_keep_nobody_out(tmp_path: Path) -> None:
    limits = Limits(logging_in=20, logging_in_per_address=1000)
    async with site(tmp_path, limits, echo) as there:
        held: list[asyncio.StreamWriter] = []
        await half_open(there, 300, held)
        flood = asyncio.create_task(half_open(there, 700, held))
        for _ in range(3):
            pool = there.pool()
            channel = await pool.channel(there.endpoint)
            await channel.send(b"hello")
            assert await channel.receive() == b"hello"
            await pool.close()
        await flood
        waiting = [
            login for login in there.server._table._connections if not login.done and not login.unwanted
        ]
        assert len(waiting) <= 20
        for writer in held:
            writer.close()


class Standing(Login):
    """A connection from some address, without a socket."""

    def __init__(self, table: ConnectionTable, address: str) -> None:
        super().__init__(table)
        self.address = self.place = address


async def test_room_is_made_where_most_come_from() -> None:
    async def never(*_: object) -> bool:
        return False

    async def nothing(_: Channel) -> None:
        pass

    limits = Limits(logging_in=4, logging_in_per_address=3)
    table = ConnectionTable(never, nothing, limits, QuietLog(logging.getLogger("x"), 1))
    old = Standing(table, "192.0.2.1")
    crowd = [Standing(table, "198.51.100.1") for _ in range(4)]
    for login in (old, *crowd[:3]):
        assert table.arrive(login) is None
    assert "198.51.100.1" in str(table.arrive(crowd[3]))
    assert not any(login.unwanted for login in (old, *crowd))
    assert table.arrive(Standing(table, "192.0.2.9")) is None
    assert crowd[0].unwanted
    assert not any(login.unwanted for login in (old, *crowd[1:3]))
    for login in list(table._connections):
        login.connection_lost(None)
    await table.leave()


async def flood_back(channel: Channel) -> None:
    """Answer whatever comes with a megabyte that cannot be packed."""
    while True:
        await channel.receive()
        await channel.send(os.urandom(1_000_000))


async def gone(there: Site) -> None:
    await until(lambda: not there.server._table._connections)


async def test_who_asks_and_never_reads_is_hung_up_on(tmp_path: Path) -> None:
    async with site(tmp_path, Limits(stall=0.1), flood_back) as there, logged_in(there) as connection:
        writer, reader, _ = await connection.open_session(subsystem="atsn", encoding=None, window=1000)
        reader.channel.pause_reading()
        for _ in range(5):
            writer.write(encode(b"more"))
        await gone(there)


async def test_who_reads_slowly_is_served(tmp_path: Path) -> None:
    async with site(tmp_path, Limits(stall=0.3), flood_back) as there, logged_in(there) as connection:
        writer, reader, _ = await connection.open_session(subsystem="atsn", encoding=None, window=100_000)
        writer.write(encode(b"more"))
        size = 0
        while size < 1_000_000:
            size += len(await reader.read(50_000))
            await asyncio.sleep(0.02)  # a slow line
        assert there.server._table._connections


async def test_what_lies_here_for_one_peer_is_limited_over_all_its_channels(tmp_path: Path) -> None:
    limits = Limits(bytes_per_key=3_000_000)
    async with site(tmp_path, limits, flood_back) as there, logged_in(there) as connection:
        with suppress(ConnectionError, asyncssh.Error):  # it is cut while it opens them
            for _ in range(6):
                writer, reader, _ = await connection.open_session(
                    subsystem="atsn", encoding=None, window=1000
                )
                reader.channel.pause_reading()
                writer.write(encode(b"more"))
        await gone(there)


async def test_messages_that_are_never_finished_are_limited_too(tmp_path: Path) -> None:
    limits = Limits(bytes_per_key=3_000_000)
    async with site(tmp_path, limits, echo) as there, logged_in(there) as connection:
        with suppress(ConnectionError, asyncssh.Error):
            for _ in range(4):
                writer, _, _ = await connection.open_session(subsystem="atsn", encoding=None)
                writer.write(encode(os.urandom(2_000_000))[:1_000_000])
        await gone(there)


@pytest.fixture
async def busy(tmp_path: Path) -> AsyncIterator[tuple[Site, list[Channel], asyncio.Event]]:
    """A server that works on each message until it is told to go on."""
    working: list[Channel] = []
    go_on = asyncio.Event()

    async def work(channel: Channel) -> None:
        while True:
            message = await channel.receive()
            working.append(channel)
            await go_on.wait()
            working.remove(channel)
            await channel.send(message)

    async with site(tmp_path, Limits(requests_per_key=2), work) as there:
        yield there, working, go_on


async def test_few_messages_of_one_peer_are_unpacked_at_once(
    busy: tuple[Site, list[Channel], asyncio.Event],
) -> None:
    there, working, go_on = busy
    pool = there.pool()
    channels = [await pool.channel(there.endpoint) for _ in range(6)]
    for channel in channels:
        await channel.send(bytes(1_000_000))
    serving = there.server._table._tasks
    await until(lambda: len(serving) == 6 and len(working) == 2)
    packed = [session for login in there.server._table._connections for session in login.sessions]
    await until(lambda: sum(each.channel.waiting > 0 for each in packed) == 4)
    assert len(working) == 2
    go_on.set()
    assert [len(await channel.receive()) for channel in channels] == [1_000_000] * 6
    await pool.close()


async def test_a_channel_that_ends_gives_its_turn_back(
    busy: tuple[Site, list[Channel], asyncio.Event],
) -> None:
    there, working, go_on = busy
    first, second = there.pool(), there.pool()
    for pool in (first, first):
        await (await pool.channel(there.endpoint)).send(b"x")
    await until(lambda: len(working) == 2)
    third = await second.channel(there.endpoint)
    await third.send(b"y")
    go_on.set()
    await first.close()
    assert await third.receive() == b"y"
    await second.close()


async def test_one_peer_that_takes_all_turns_holds_up_no_other(tmp_path: Path) -> None:
    """Each key has turns of its own."""
    async with site(tmp_path, Limits(requests_per_key=1)) as there:
        table = there.server._table
        await table.turns("one").acquire()
        assert not table.turns("other").locked()


async def test_a_peer_that_is_cut_is_not_waited_for(tmp_path: Path) -> None:
    async with site(tmp_path) as there, raw(there) as (_, channel):
        assert await there.server.cut(there.client_key)
        with pytest.raises(Unreachable):
            await channel.receive()
        assert not await there.server.cut(there.client_key)
