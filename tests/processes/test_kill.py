"""`kill -9` of either side of an apply, at any moment: the receiver has the old or the new state, never a third."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from atsn_tui.model.peer import Direction
from atsn_tui.model.result import LinkResult
from atsn_tui.node.node import Node
from tests.nodes import Machine, Machines, introduce
from tests.processes.content import GROUP, fill, rewrite
from tests.processes.forks import Forks, Process

KILLS = 7
"""For each of the four ways, and two more. Raise it by hand to look harder."""

TASKS = 300

BOTH: tuple[Direction, ...] = ("push", "pull")
"""The ways that data flows; both are tried side by side, since much of the time is spent waiting."""


class Pair:
    """hq, which starts each replication, and web1, whose service answers; every task differs before each round."""

    def __init__(self, forks: Forks, hq: Machine, web1: Machine, node: Node, direction: Direction) -> None:
        self.forks = forks
        self.node = node
        self.hq = hq
        self.web1 = web1
        self.receiver = web1 if direction == "push" else hq
        self.primary = hq if direction == "push" else web1
        self.group = ""
        self.round = 0
        self.service: Process | None = None

    async def change(self) -> tuple[str | None, str]:
        """Change every task on the primary; the digests of the receiver before and after it follows."""
        self.round += 1
        async with self.primary.open() as node:
            return self.receiver.stored_digest(self.group), await rewrite(node, f"round {self.round}")

    async def check(self, old: str | None, new: str) -> bool:
        """Assert that the receiver is whole and in one of the two states; whether it is the new one."""
        await asyncio.to_thread(self.receiver.check_sound)
        assert self.receiver.stored_digest(self.group) in (old, new)
        return self.receiver.stored_digest(self.group) == new

    async def check_next(self, new: str) -> None:
        """Assert that the next replication brings the receiver to where the primary is."""
        report = await self.node.replication.cycle(GROUP)
        assert report.links[0].state in ("applied", "in_sync"), report.links[0].error
        assert await self.check(new, new)


@asynccontextmanager
async def pair_of(forks: Forks, make_node: Machines, direction: Direction) -> AsyncIterator[Pair]:
    hq, web1 = await make_node.make(f"hq-{direction}"), await make_node.make(f"web1-{direction}")
    await introduce(hq, web1, direction)
    async with hq.open() as node:
        pair = Pair(forks, hq, web1, node, direction)
        async with pair.primary.open() as primary:
            pair.group = await fill(primary, TASKS)
        await node.links.add(pair.group, web1.name, direction, mode="strict")
        pair.service = await forks.serve(web1)
        report = await node.replication.cycle()
        assert report.links[0].state == "applied", report.links[0].error
        yield pair
        await pair.service.kill()


def written(machine: Machine) -> int:
    """When the node's database was written last, in ns: it changes while a transaction is being committed."""
    return (machine.home / "atsn.db-wal").stat().st_mtime_ns


def moments(longest: float) -> list[float]:
    """Moments of one apply, spread over all of it, in seconds from its beginning."""
    step = longest / KILLS
    return random.sample([step * (number + random.random()) for number in range(KILLS)], KILLS)


def told(result: LinkResult) -> bool | None:
    """Whether the result says that the receiver has the new state; None if it says that it cannot know."""
    if result.state == "applied":
        return True
    assert result.error is not None
    if result.state == "failed":
        assert "before it applied anything" in result.error.message
        return False
    assert result.state == "unreachable", result
    return None if "the old or the new state" in result.error.message.replace("\n", " ") else False


async def test_the_service_is_killed_while_it_takes_part(zygote: Forks, make_node: Machines) -> None:
    await asyncio.gather(*(_kill_services(zygote, make_node, direction) for direction in BOTH))


async def test_the_command_is_killed_while_it_replicates(zygote: Forks, make_node: Machines) -> None:
    await asyncio.gather(*(_kill_commands(zygote, make_node, direction) for direction in BOTH))


async def _kill_services(forks: Forks, make_node: Machines, direction: Direction) -> None:
    async with pair_of(forks, make_node, direction) as pair:
        await pair.change()
        async with pair.node.replication.open(GROUP) as session:
            await session.compute()
            began = time.monotonic()
            [result] = await session.apply()
            longest = 1.1 * (time.monotonic() - began)
            assert result.state == "applied"
        seen: set[bool] = set()
        for number, moment in enumerate([0.0, *moments(longest), 2 * longest]):
            old, new = await pair.change()
            comes_back = number not in (0, KILLS // 2)
            async with pair.node.replication.open(GROUP) as session:
                [before] = await session.compute()
                assert before.state == "differs", before.error
                log = written(pair.receiver)
                applying = asyncio.create_task(session.apply())
                if direction == "push" and number % 2 == 0 and number:
                    # Just when the receiver begins to write, or a little later.
                    while written(pair.receiver) == log and not applying.done():  # noqa: ASYNC110
                        await asyncio.sleep(0)
                    moment /= 10
                await asyncio.sleep(moment)
                assert pair.service is not None
                await pair.service.kill()
                if comes_back:
                    pair.service = await forks.serve(pair.web1)
                [result] = await applying
                if not comes_back:
                    pair.service = await forks.serve(pair.web1)
            arrived = await pair.check(old, new)
            assert told(result) in (arrived, None), (result.state, result.error, arrived)
            seen.add(arrived)
            await pair.check_next(new)
        assert seen == {True, False}


async def _kill_commands(forks: Forks, make_node: Machines, direction: Direction) -> None:
    words = ("replicate", GROUP, "--yes", "--json")
    async with pair_of(forks, make_node, direction) as pair:
        await pair.change()
        began = time.monotonic()
        outcome = await forks.run(pair.hq, *words)
        longest = time.monotonic() - began
        assert outcome.code == 0, outcome
        seen: set[bool] = set()
        # It takes a while before it connects, which is of no interest here.
        for moment in [0.0, *(0.4 * longest + 0.6 * each for each in moments(longest)), 3 * longest]:
            old, new = await pair.change()
            process = await forks.start("--home", str(pair.hq.home), *words)
            await asyncio.sleep(moment)
            process.send(signal.SIGKILL)
            outcome = await process.end()
            await asyncio.to_thread(pair.hq.check_sound)
            arrived = await pair.check(old, new)
            assert outcome.code in (0, -signal.SIGKILL)
            if outcome.out.endswith("\n}\n"):
                # It may also be killed after it has told.
                assert outcome.json["links"][0]["state"] == "applied"
                assert arrived
            seen.add(arrived)
            await pair.check_next(new)
        assert seen == {True, False}
