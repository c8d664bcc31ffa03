"""What every channel does, over a real SSH connection, over pipes and in memory alike."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from atsn_tui.errors import BadInput, Unreachable
from atsn_tui.transport import framed, memory
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.frames import MAX_FRAME, MAX_MESSAGE
from atsn_tui.transport.stdio import stdio_channel
from tests.transport.site import ended, site

Connect = Callable[[], Awaitable[tuple[Channel, Channel]]]


@pytest.fixture(params=["memory", "pipes", "ssh"])
async def connect(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Connect]:
    """Opens a channel and gives both of its ends."""
    if request.param == "memory":

        async def in_memory() -> tuple[Channel, Channel]:
            return memory.pair()

        yield in_memory
        return
    if request.param == "pipes":

        async def over_pipes() -> tuple[Channel, Channel]:
            (read_one, write_two), (read_two, write_one) = os.pipe(), os.pipe()
            return (
                await stdio_channel(memory.NOBODY, read_one, write_one),
                await stdio_channel(memory.NOBODY, read_two, write_two),
            )

        yield over_pipes
        return
    async with site(tmp_path) as there:
        pool = there.pool()

        async def over_ssh() -> tuple[Channel, Channel]:
            return await pool.channel(there.endpoint), await there.channels.get()

        yield over_ssh
        await pool.close()


@pytest.fixture
async def ends(connect: Connect) -> tuple[Channel, Channel]:
    return await connect()


async def fill(channel: Channel) -> int:
    """Send until there is no room; the number of messages that were sent."""
    for count in range(10_000):
        try:
            async with asyncio.timeout(0.3):
                await channel.send(count.to_bytes(4, "big") + os.urandom(60_000))
        except TimeoutError:
            return count
    pytest.fail("nothing stops the sender")


async def send_for_ever(channel: Channel) -> None:
    while True:
        await channel.send(os.urandom(60_000))
        await asyncio.sleep(0)


async def test_messages_arrive_in_order_in_both_directions(ends: tuple[Channel, Channel]) -> None:
    messages = [bytes([index % 256]) * (index * 37 % 5000) for index in range(300)]

    async def send(channel: Channel) -> None:
        for message in messages:
            await channel.send(message)

    async def receive(channel: Channel) -> list[bytes]:
        return [await channel.receive() for _ in messages]

    async with asyncio.TaskGroup() as group:
        received = [group.create_task(receive(end)) for end in ends]
        for end in ends:
            group.create_task(send(end))
    assert [task.result() for task in received] == [messages, messages]


async def test_messages_up_to_the_limits_arrive(ends: tuple[Channel, Channel]) -> None:
    one, two = ends
    for message in (b"", b"x", os.urandom(1 << 20), os.urandom(MAX_FRAME), bytes(MAX_MESSAGE)):
        async with asyncio.TaskGroup() as group:
            received = group.create_task(two.receive())
            group.create_task(one.send(message))
        assert received.result() == message


async def test_what_is_too_large_is_not_sent_and_harms_nothing(ends: tuple[Channel, Channel]) -> None:
    one, two = ends
    with pytest.raises(BadInput, match="too large"):
        await one.send(bytes(MAX_MESSAGE + 1))
    await one.send(b"next")
    assert await two.receive() == b"next"
    assert not one.closed


async def test_what_was_sent_before_a_close_still_arrives(ends: tuple[Channel, Channel]) -> None:
    one, two = ends
    messages = [os.urandom(50_000) for _ in range(20)]
    closing = asyncio.create_task(send_and_close(one, messages))
    assert [await two.receive() for _ in messages] == messages
    assert "closed the channel" in await ended(two)
    assert two.closed
    await closing


async def send_and_close(channel: Channel, messages: list[bytes]) -> None:
    for message in messages:
        await channel.send(message)
    await channel.close()


async def test_a_close_wakes_who_receives_here_and_there(ends: tuple[Channel, Channel]) -> None:
    one, two = ends
    here, there = asyncio.create_task(ended(one)), asyncio.create_task(ended(two))
    await asyncio.sleep(0)
    await one.close()
    assert "was closed here" in await here
    assert "closed the channel" in await there


async def test_after_a_close_nothing_is_sent(ends: tuple[Channel, Channel]) -> None:
    one, two = ends
    await asyncio.gather(one.close(), one.close())
    await one.close()
    assert one.closed
    with pytest.raises(Unreachable, match="was closed here"):
        await one.send(b"x")
    await ended(two)
    with pytest.raises(Unreachable, match="closed the channel"):
        await two.send(b"x")
    await two.close()


async def test_a_cancelled_receive_loses_nothing(ends: tuple[Channel, Channel]) -> None:
    one, two = ends
    for index in range(30):
        receiving = asyncio.create_task(two.receive())
        await asyncio.sleep(0)
        sending = asyncio.create_task(one.send(bytes([index])))
        for _ in range(index % 4):
            await asyncio.sleep(0)
        receiving.cancel()
        got = (await asyncio.gather(receiving, return_exceptions=True))[0]
        if isinstance(got, asyncio.CancelledError):
            got = await two.receive()
        assert got == bytes([index])
        await sending


async def test_a_slow_receiver_stops_the_sender_who_then_goes_on(ends: tuple[Channel, Channel]) -> None:
    one, two = ends
    count = await fill(one)
    waiting = asyncio.create_task(one.send(b"last"))
    for index in range(count):
        assert (await two.receive())[:4] == index.to_bytes(4, "big")
    # What `fill` gave up on was not sent, not even in part.
    assert await two.receive() == b"last"
    await waiting


async def test_a_sender_that_waits_for_room_learns_of_the_end(ends: tuple[Channel, Channel]) -> None:
    one, two = ends
    await fill(one)
    waiting = asyncio.create_task(one.send(b"last"))
    await asyncio.sleep(0)
    await two.close()
    with pytest.raises(Unreachable, match="closed the channel"):
        await waiting


async def test_a_sender_learns_of_the_end_even_if_it_has_not_read_what_came_before(
    ends: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framed, "CLOSE_TIMEOUT", 0.1)
    one, two = ends
    assert await fill(one) > 0
    assert await fill(two) > 0
    sending = asyncio.create_task(send_for_ever(one))
    await two.close()
    with pytest.raises(Unreachable, match="closed the channel"):
        await sending
    assert (await one.receive())[:4] == bytes(4)


async def test_a_close_does_not_wait_for_ever_for_who_reads_nothing(
    ends: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framed, "CLOSE_TIMEOUT", 0.1)
    one, _ = ends
    await fill(one)
    async with asyncio.timeout(30):
        await one.close()
    assert one.closed


async def test_many_channels_at_once_do_not_mix(connect: Connect) -> None:
    pairs = [await connect() for _ in range(10)]

    async def talk(number: int, one: Channel, two: Channel) -> None:
        for index in range(30):
            await one.send(bytes([number, index]) * 700)
            assert await two.receive() == bytes([number, index]) * 700
            await two.send(bytes([index, number]))
            assert await one.receive() == bytes([index, number])

    async with asyncio.TaskGroup() as group:
        for number, (one, two) in enumerate(pairs):
            group.create_task(talk(number, one, two))


async def test_the_end_of_one_channel_leaves_the_others_alone(connect: Connect) -> None:
    one, _ = await connect()
    three, four = await connect()
    await one.close()
    await three.send(b"still here")
    assert await four.receive() == b"still here"
