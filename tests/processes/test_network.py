"""A network that fails at any byte: nothing hangs for longer than the time-outs, and what is told is true."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from atsn_tui.model.peer import Direction
from atsn_tui.model.result import LinkResult
from atsn_tui.node.node import Node
from atsn_tui.replication.applying import RECONNECTS
from atsn_tui.replication.conversation import HELLO_TIMEOUT
from tests.nodes import Machine, Machines, eventually, introduce
from tests.processes.content import fill, rewrite
from tests.processes.forks import Forks
from tests.processes.proxy import Proxy, proxy_to

FAULTS = {"cut": 12, "stall": 3}
"""For each direction; a stalled line is waited for. Raise them by hand to look harder."""

BOTH: tuple[Direction, ...] = ("push", "pull")
TASKS = 200
CONNECT, ANSWER = 1, 1
"""Time-outs, in seconds."""

LONGEST = CONNECT + HELLO_TIMEOUT + ANSWER + sum(RECONNECTS) + len(RECONNECTS) * CONNECT + ANSWER + 3
"""Seconds that a cycle may take at the worst, and a few for a busy machine."""


@dataclass
class Line:
    """hq and web1 with a proxy between them."""

    node: Node
    hq: Machine
    web1: Machine
    proxy: Proxy
    direction: Direction
    group: str

    @property
    def receiver(self) -> Machine:
        return self.web1 if self.direction == "push" else self.hq

    @property
    def primary(self) -> Machine:
        return self.hq if self.direction == "push" else self.web1

    async def change(self, mark: str) -> tuple[str | None, str]:
        """Change every task on the primary; the digests of the receiver before and after it follows."""
        async with self.primary.open() as node:
            return self.receiver.stored_digest(self.group), await rewrite(node, mark)

    async def cycle(self) -> LinkResult:
        """Replicate, within the time-outs."""
        began = time.monotonic()
        [result] = (await self.node.replication.cycle()).links
        assert time.monotonic() - began < LONGEST
        return result


@asynccontextmanager
async def line_for(forks: Forks, make_node: Machines, direction: Direction, name: str) -> AsyncIterator[Line]:
    """A pair of nodes that have replicated once; `name` tells it from other pairs of the test."""
    hq, web1 = await make_node.make(f"hq-{name}"), await make_node.make(f"web1-{name}")
    for key, value in (("connect", CONNECT), ("answer", ANSWER)):
        hq.configure(f"timeouts.{key}", value)
    async with proxy_to(web1.identity["listen"]) as proxy:
        await introduce(hq, web1, direction, address=proxy.address)
        async with (hq if direction == "push" else web1).open() as node:
            group = await fill(node, TASKS)
        service = await forks.serve(web1)
        async with hq.open() as node:
            await node.links.add(group, web1.name, direction, mode="strict")
            line = Line(node, hq, web1, proxy, direction, group)
            assert (await line.cycle()).state == "applied"
            yield line
        await service.kill()


def told(result: LinkResult, arrived: bool) -> bool:
    """Whether what the result says is true."""
    if result.state in ("applied", "in_sync"):
        return arrived
    assert result.error is not None
    if "the old or the new state whole" in result.error.message:
        return result.state == "unreachable"
    assert result.state in ("unreachable", "failed"), result
    return not arrived


async def test_whatever_breaks_at_whatever_byte_the_answer_is_true(
    zygote: Forks, make_node: Machines
) -> None:
    # All at once, since most of the time is spent waiting.
    ways = [(fault, direction) for fault in FAULTS for direction in BOTH]
    await asyncio.gather(*(_break(zygote, make_node, fault, direction) for fault, direction in ways))


async def _break(forks: Forks, make_node: Machines, fault: str, direction: Direction) -> None:
    async with line_for(forks, make_node, direction, f"{fault}-{direction}") as line:
        line.proxy.passed = 0
        await line.change("measured")
        assert (await line.cycle()).state == "applied"
        total, count = line.proxy.passed, FAULTS[fault]
        # Connecting to a peer that says nothing takes a time-out of its own, which others prove.
        first = 0 if fault == "cut" else total // 2
        step = (total - first) / count
        places = [first + int(step * (number + random.random())) for number in range(count)]
        seen = set()
        for number, place in enumerate(random.sample(places, count)):
            old, new = await line.change(f"{fault} {number}")
            line.proxy.passed = 0
            setattr(line.proxy, f"{fault}_at", place)
            result = await line.cycle()
            line.proxy.heal()
            await settled(line, old, new)
            arrived = line.receiver.stored_digest(line.group) == new
            assert told(result, arrived), (place, total, result.state, result.error, arrived)
            seen.add(result.state)
            await asyncio.to_thread(line.receiver.check_sound)
            again = await line.cycle()
            assert again.state == ("in_sync" if arrived else "applied"), again.error
        assert seen & {"unreachable", "failed"}


async def settled(line: Line, old: str | None, new: str) -> None:
    """Wait a moment: whatever is still under way on the far side shall come to its end."""
    await asyncio.sleep(0.2)
    assert line.receiver.stored_digest(line.group) in (old, new)


async def test_a_network_that_comes_back_is_used_again(zygote: Forks, make_node: Machines) -> None:
    await asyncio.gather(*(_come_back(zygote, make_node, direction) for direction in BOTH))


async def _come_back(forks: Forks, make_node: Machines, direction: Direction) -> None:
    async with line_for(forks, make_node, direction, direction) as line:
        [link] = await line.node.links.list()
        await line.node.links.change(link.id, schedule="* * * * * *")
        service = await forks.serve(line.hq)

        async def in_state(wanted: str) -> bool:
            return (await line.node.links.get(link.id)).state == wanted

        for fault in ("refuse", "stall"):
            line.proxy.refuses = fault == "refuse"
            (line.proxy.cut if fault == "refuse" else line.proxy.stall)()
            _, new = await line.change(fault)
            await eventually(lambda: in_state("unreachable"))
            line.proxy.heal()
            if fault == "stall":
                line.proxy.cut()
            await eventually(lambda new=new: line.receiver.stored_digest(line.group) == new)  # type: ignore[misc]
            await eventually(lambda: in_state("in_sync"))
        await service.kill()
