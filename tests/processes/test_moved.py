"""A side that changes between preview and apply: nothing is applied, and an open preview follows."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from atsn_tui.model.peer import Direction
from atsn_tui.model.result import LinkResult
from atsn_tui.node.node import Node
from tests.nodes import Machine, Machines, introduce
from tests.processes.content import GROUP, fill
from tests.processes.forks import Forks


@dataclass
class Pair:
    hq: Machine
    web1: Machine
    node: Node
    group: str

    def machine(self, side: str, direction: Direction) -> Machine:
        """The primary or the secondary."""
        return self.hq if (side == "primary") == (direction == "push") else self.web1


@pytest.fixture(params=["push", "pull"])
def direction(request: pytest.FixtureRequest) -> Direction:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
async def pair(zygote: Forks, make_node: Machines, direction: Direction) -> AsyncIterator[Pair]:
    """Both have the group; the primary has one task more."""
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, direction)
    primary = hq if direction == "push" else web1
    async with primary.open() as node:
        group = await fill(node, 5)
    service = await zygote.serve(web1)
    async with hq.open() as node:
        await node.links.add(group, "web1", direction)
        assert (await node.replication.cycle()).links[0].state == "applied"
        pair = Pair(hq, web1, node, group)
        await edit(zygote, primary, "task", "add", GROUP, "new", "--command", "true")
        yield pair
    await service.kill()


async def edit(forks: Forks, machine: Machine, *words: str) -> None:
    """Change something on a node by a process of its own."""
    outcome = await forks.run(machine, *words)
    assert outcome.code == 0, outcome.err


async def change_one(forks: Forks, machine: Machine) -> None:
    await edit(forks, machine, "task", "set", f"{GROUP}/job 1", "notes=changed meanwhile")


@pytest.mark.parametrize("side", ["primary", "secondary"])
async def test_what_changed_after_the_preview_is_not_overwritten(
    zygote: Forks, pair: Pair, direction: Direction, side: str
) -> None:
    secondary = pair.machine("secondary", direction)
    async with pair.node.replication.open(GROUP) as session:
        [shown] = await session.compute()
        assert [change.name for change in shown.changes] == ["new"]
        await change_one(zygote, pair.machine(side, direction))
        before = secondary.stored_digest(pair.group)
        [result] = await session.apply(shown={shown.link_id or "": shown})
        assert (result.state, result.error and result.error.code) == ("moved", "moved")
        assert secondary.stored_digest(pair.group) == before
        [again] = await session.compute()
        [result] = await session.apply(shown={again.link_id or "": again})
        assert result.state == "applied"
    secondary.check_sound()


@pytest.mark.parametrize("side", ["primary", "secondary"])
async def test_an_open_preview_follows_within_seconds(
    zygote: Forks, pair: Pair, direction: Direction, side: str
) -> None:
    async with pair.node.replication.open(GROUP) as session:
        [shown] = await session.compute()
        news = session.watch()
        coming: asyncio.Task[LinkResult] = asyncio.create_task(anext(news))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        machine = pair.machine(side, direction)
        if side == "primary":
            await edit(zygote, machine, "task", "add", GROUP, "newer", "--command", "true")
        else:
            await edit(zygote, machine, "task", "rm", f"{GROUP}/job 1", "--yes")
        result = await asyncio.wait_for(coming, 30)
        assert result.state == "differs"
        assert sorted(change.name for change in result.changes) == sorted(
            ["new", "newer" if side == "primary" else "job 1"]
        )
        # What was on the screen before may not be applied any more; what is there now may.
        [old] = await session.apply(shown={shown.link_id or "": shown})
        assert old.state == "moved"
        [fresh] = await session.compute()
        [done] = await session.apply(shown={fresh.link_id or "": fresh})
        assert done.state == "applied"
        await news.aclose()  # type: ignore[attr-defined]


async def test_a_preview_whose_peer_goes_away_says_so_and_comes_back(
    zygote: Forks, make_node: Machines
) -> None:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "push")
    service = await zygote.serve(web1)
    async with hq.open() as node:
        await fill(node, 5)
        await node.links.add(GROUP, "web1", "push")
        async with node.replication.open(GROUP) as session:
            assert (await session.compute())[0].state == "differs"
            news = session.watch()
            await service.kill()
            assert (await asyncio.wait_for(anext(news), 30)).state == "unreachable"
            service = await zygote.serve(web1)
            assert (await asyncio.wait_for(anext(news), 30)).state == "differs"
            assert (await session.apply())[0].state == "applied"
            await news.aclose()  # type: ignore[attr-defined]
    await service.kill()
    assert web1.stored_digest((await digest_of(hq))[0]) == (await digest_of(hq))[1]


async def digest_of(machine: Machine) -> tuple[str, str]:
    async with machine.open() as node:
        group = await node.groups.get(GROUP)
        return group.id, group.digest
