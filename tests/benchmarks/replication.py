"""What replication costs over real SSH on this machine. By hand: python -m tests.benchmarks.replication [TASKS]

It prints milliseconds, round trips and bytes on the TCP connection, both ways together, and how they compare to
sending the whole group through the same kind of channel (as an exported snapshot) each time. Times drift with
the machine; the ratios hold.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from atsn_tui.formats import snapshot
from atsn_tui.home import keys
from atsn_tui.home.home import Home
from atsn_tui.model import codec
from atsn_tui.store import peers, tasks
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.client import Pool
from atsn_tui.transport.dial import Endpoint
from atsn_tui.transport.server import Server
from tests.replication.ssh import SshWorld
from tests.replication.world import GROUP, Host

COMMAND = "/usr/local/bin/job --number {0} --verbose >> /var/log/job-{0}.log 2>&1"


@dataclass
class Cost:
    """What one thing took."""

    what: str
    seconds: float
    trips: int
    octets: int


@dataclass
class Meter:
    """A relay on the way to a peer, which counts what passes."""

    port: int
    octets: int = 0
    address: str = ""
    _passing: list["asyncio.Task[None]"] = field(default_factory=list)

    async def start(self) -> None:
        """Listen on a free port."""
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        for one, other in ((reader, far_writer), (far_reader, writer)):
            self._passing.append(asyncio.create_task(self._pass(one, other)))

    async def stop(self) -> None:
        """Break all connections."""
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            self.octets += len(data)
            writer.write(data)
            await writer.drain()
        writer.close()


async def measure(
    what: str, meter: Meter, world: SshWorld, action: Callable[[], Awaitable[object]], times: int = 1
) -> Cost:
    """The quickest of some runs."""
    best = Cost(what, float("inf"), 0, 0)
    for _ in range(times):
        world.line.clear()
        octets, started = meter.octets, time.perf_counter()
        await action()
        seconds = time.perf_counter() - started
        if seconds < best.seconds:
            best = Cost(what, seconds, len(world.line.frames) // 2, meter.octets - octets)
    return best


async def cycle(host: Host, expected: str) -> None:
    """One cycle that must come to that."""
    states = await host.states()
    assert states == [expected], states


async def export(host: Host) -> bytes:
    """The group as a snapshot file."""
    row = await host.group()
    assert row is not None
    stored = await host.store.read(lambda db: tasks.list_tasks(db, GROUP))
    entries = tuple(
        snapshot.TaskEntry(each.record.id, each.record.modified, codec.decode_task(each.record.body))
        for each in stored
    )
    settings = codec.decode_settings(row.settings.body)
    whole = snapshot.Snapshot(
        group_id=GROUP,
        replicated=True,
        settings=settings,
        settings_modified=row.settings.modified,
        tasks=entries,
    )
    return snapshot.dump(whole, secrets=True).encode()


async def bodies(host: Host) -> bytes:
    """All records of the group, one after the other."""
    stored = await host.store.read(lambda db: tasks.list_tasks(db, GROUP))
    return b"".join(each.record.body for each in stored)


async def swallow(channel: Channel) -> None:
    """The answering end of the plain alternative: takes a message, says yes."""
    while True:
        await channel.receive()
        await channel.send(b"yes")


async def main(count: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory:
        world = SshWorld(Path(directory))
        try:
            await run(world, count)
        finally:
            await world.close()


async def run(world: SshWorld, count: int) -> None:
    """Two nodes, one relay between them."""
    hq, web1 = await world.host("hq"), await world.host("web1")
    meter = Meter(int(web1.address.rpartition(":")[2]))
    await meter.start()
    web1.address = meter.address
    await world.acquaint(hq, web1, "push")
    names = {f"task {number}": COMMAND.format(number) for number in range(count)}
    await hq.write_all(names, schedules=("*/5 * * * *",), notes="What this is for, and whom to ask.")
    await hq.link(web1, "push", "strict")
    found = [await measure("first push", meter, world, lambda: cycle(hq, "applied"))]
    found.append(await measure("steady state", meter, world, lambda: cycle(hq, "in_sync"), 10))

    changed = 0

    async def change(number: int) -> None:
        nonlocal changed
        changed += 1
        await hq.write_all([f"task {each}" for each in range(number)], schedules=(f"every {changed}m",))

    for number in (1, 100):
        costs = []
        for _ in range(3):
            await change(number)
            costs.append(await measure(f"{number} changed", meter, world, lambda: cycle(hq, "applied")))
        found.append(min(costs, key=lambda cost: cost.seconds))
    assert await hq.digest() == await web1.digest()
    found += await plain(world, meter, hq, web1)
    await hq.connections.close()
    await meter.stop()
    report(count, found)


async def plain(world: SshWorld, meter: Meter, hq: Host, web1: Host) -> list[Cost]:
    """Sending everything, through the same server and client code."""
    home = Home(world.path / "web1")

    async def authorize(key: str, address: str) -> bool:
        return await web1.store.read(lambda db: peers.by_key(db, key)) is not None

    server = await Server.start("127.0.0.1:0", home.host_key, authorize, partial(swallow))
    meter.port = server.address.port
    pool = Pool(Home(world.path / "hq").client_key)
    channel = await pool.channel(Endpoint("web1", meter.address, keys.public_line(home.host_key)))

    async def send(read: Callable[[Host], Awaitable[bytes]]) -> None:
        await channel.send(await read(hq))
        await channel.receive()

    found = [
        await measure("send snapshot", meter, world, lambda: send(export), 3),
        await measure("send all bodies", meter, world, lambda: send(bodies), 3),
    ]
    await pool.close()
    await server.close()
    return found


def report(count: int, found: list[Cost]) -> None:
    """Print a table, and each cost as a part of sending the snapshot."""
    whole = next(cost for cost in found if cost.what == "send snapshot")
    print(f"{count} tasks            ms   trips       bytes     time   bytes, against sending the snapshot")
    for cost in found:
        print(
            f"{cost.what:<16} {cost.seconds * 1000:9.1f} {cost.trips:6} {cost.octets:11,}"
            f" {cost.seconds / whole.seconds:8.3f} {cost.octets / whole.octets:8.5f}"
        )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
