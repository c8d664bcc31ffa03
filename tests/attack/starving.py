"""Ways to take so much of a node that others get nothing. `size` says how much: hundreds in the suite, more by hand."""

import asyncio
import random
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import msgspec

from atsn_tui.errors import Unreachable
from atsn_tui.replication import messages
from atsn_tui.transport.dial import options
from atsn_tui.transport.frames import encode
from tests.attack.stage import Attacker, Talk
from tests.nodes import Machine

GONE = (OSError, asyncssh.Error, Unreachable, EOFError)
"""What an attacker may meet with."""


@dataclass
class Target:
    """A service that runs as a process of its own, and two peers: one that may pull, and one that may do nothing."""

    machine: Machine
    good: Attacker
    bad: Attacker
    waited: list[float] = field(default_factory=list)
    """How long the good peer waited, in seconds, each time for a new login and two answers."""
    most: int = 0
    """The most memory that the service had, in MiB."""

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = str(self.machine.identity["listen"]).rpartition(":")
        return host, int(port)

    @property
    def memory(self) -> int:
        """What the service has now, in MiB."""
        assert self.machine.service is not None
        pages = Path(f"/proc/{self.machine.service.pid}/statm").read_text().split()[1]
        return int(pages) * 4096 // 2**20

    @asynccontextmanager
    async def login(
        self, who: Attacker, local: str = "127.0.0.1"
    ) -> AsyncIterator[asyncssh.SSHClientConnection]:
        own = asyncssh.SSHClientConnectionOptions(options(who.key), known_hosts=None, username="atsn")
        host, port = self.address
        async with asyncssh.connect(
            host, port, local_addr=(local, 0), config=None, options=own
        ) as connection:
            yield connection

    async def serve_good(self) -> None:
        """The good peer logs in and asks; it is answered."""
        began = time.monotonic()
        async with self.login(self.good) as connection:
            writer, reader, _ = await connection.open_session(subsystem="atsn", encoding=None)
            talk = Talk(reader, writer)
            await talk.say(self.good.hello())
            await talk.hear()
            await talk.say(messages.AskGroups())
            assert isinstance(messages.decode_reply(await talk.hear()), messages.Groups)
        self.waited.append(time.monotonic() - began)

    async def under(self, attack: "Attack", size: int) -> None:
        """Attack, and serve the good peer and look at the memory meanwhile."""
        going = asyncio.create_task(attack(self, size))
        try:
            while not going.done():
                await self.serve_good()
                self.most = max(self.most, self.memory)
                await asyncio.wait({going}, timeout=0.05)
        finally:
            going.cancel()
            await asyncio.wait({going})
        error = None if going.cancelled() else going.exception()
        if error is not None and not isinstance(error, GONE):  # who is hung up on has been dealt with
            raise error


Attack = Callable[[Target, int], Awaitable[None]]


async def half_open(target: Target, size: int) -> None:
    """Connections that say nothing."""
    await _strangers(target, size, b"")


async def byte_by_byte(target: Target, size: int) -> None:
    """Connections that say something, a byte at a time."""
    await _strangers(target, size, b"SSH-2.0-slow\r\n" + bytes(20))


async def noise_before_login(target: Target, size: int) -> None:
    """Connections that send noise."""
    rng = random.Random(size)
    for each in range(size):
        with suppress(OSError):
            _, writer = await _knock(target, each)
            writer.write(rng.choice((b"", b"SSH-2.0-x\r\n", b"\0\0\0\x0c")) + rng.randbytes(3000))
            writer.close()


async def wrong_keys(target: Target, size: int) -> None:
    """Logins with keys that nobody knows."""

    async def one() -> None:
        with suppress(*GONE):
            async with target.login(Attacker(), "127.1.1.1"):
                raise AssertionError("it was let in")

    for _ in range(0, size, 10):
        await asyncio.gather(*(one() for _ in range(10)))


async def unfinished(target: Target, size: int) -> None:
    """As many channels as one may have, each with a message that never ends."""
    async with _channels(target, min(size, 250)) as talks:
        for talk in talks:
            talk._writer.write(struct.pack(">IB", 16 * 1024 * 1024, 0) + bytes(100_000))  # type: ignore[attr-defined]
        await asyncio.sleep(0.5)


async def bombs(target: Target, size: int) -> None:
    """Messages of a few kilobytes that unpack to 64 megabytes of the smallest values there are."""
    number = 60_000_000
    ids = msgspec.msgpack.encode("AskBodies") + msgspec.msgpack.encode(target.machine.identity["node_id"])
    bomb = encode(b"\x93" + ids + b"\xdd" + struct.pack(">I", number) + b"\xa0" * number)
    async with _channels(target, 8) as talks:
        for _ in range(max(1, size // 32)):
            for talk in talks:
                talk._writer.write(bomb)  # type: ignore[attr-defined]
            for talk in talks:
                assert isinstance(messages.decode_reply(await talk.hear()), messages.Failed)


async def never_read(target: Target, size: int) -> None:
    """Questions whose answers are never read."""
    async with _channels(target, 8, window=1000) as talks:
        for talk in talks:
            talk._reader.channel.pause_reading()  # type: ignore[union-attr]
            for _ in range(size):
                await talk.say(messages.AskGroups())
        await asyncio.sleep(0.5)


async def nonsense(target: Target, size: int) -> None:
    """Noise where frames should be."""
    rng = random.Random(size)
    for _ in range(0, size, 20):
        async with _channels(target, 20) as talks:
            for talk in talks:
                talk._writer.write(rng.randbytes(2000))  # type: ignore[attr-defined]


ATTACKS: tuple[Attack, ...] = (
    half_open, byte_by_byte, noise_before_login, wrong_keys, unfinished, bombs, never_read, nonsense,
)  # fmt: skip


async def _strangers(target: Target, size: int, words: bytes) -> None:
    writers = []
    for each in range(size):
        with suppress(OSError):
            _, writer = await _knock(target, each)
            writers.append(writer)
    for number in range(len(words)):
        for writer in writers:
            if not writer.is_closing():
                writer.write(words[number : number + 1])
        await asyncio.sleep(0.05)  # what they wait for does not come
    await asyncio.sleep(0.5)
    for writer in writers:
        writer.close()


@asynccontextmanager
async def _channels(target: Target, number: int, window: int = 2**21) -> AsyncIterator[list[Talk]]:
    """Channels of the bad peer, which has said Hello on each."""
    async with target.login(target.bad) as connection:
        talks = []
        for _ in range(number):
            writer, reader, _ = await connection.open_session(subsystem="atsn", encoding=None, window=window)
            talks.append(Talk(reader, writer))
            await talks[-1].say(target.bad.hello())
            await talks[-1].hear()
        yield talks


async def _knock(target: Target, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection from one of many addresses: who comes from the good peer's own could keep that one out."""
    return await asyncio.open_connection(*target.address, local_addr=(f"127.1.{number % 50}.1", 0))


def known_to(machine: Machine, who: Attacker, *grants: str) -> None:
    """Let the node know a peer."""
    words = ("peer", "add", who.name, "--key", who.public, *(["--grant", ",".join(grants)] if grants else []))
    machine.atsn(*words).ok()


def made(machine: Machine) -> Target:
    """A service that serves, with both peers."""
    target = Target(machine, Attacker("good"), Attacker("bad"))
    machine.atsn("group", "add", "ops").ok()
    known_to(machine, target.good, "pull")
    known_to(machine, target.bad)
    machine.serve()
    return target


__all__ = ["ATTACKS", "Attack", "Target", "made"]
