"""Several initiators at once: concurrent cycles need no locks, loops come to rest, chains carry on."""

import asyncio
import random
import signal
import time
from itertools import pairwise

from tests.node.samples import a_task
from tests.nodes import Machine, Machines, eventually, introduce
from tests.processes.content import GROUP, NEVER, fill, rewrite
from tests.processes.forks import Forks

EACH_SECOND = "* * * * * *"


async def test_commands_that_replicate_the_same_at_once_all_succeed(
    zygote: Forks, make_node: Machines
) -> None:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "push")
    service = await zygote.serve(web1)
    async with hq.open() as node:
        group = await fill(node, 50)
        await node.links.add(GROUP, "web1", "push", mode="strict")
        for round_ in range(3):
            digest = await rewrite(node, str(round_))
            outcomes = await asyncio.gather(
                *(zygote.run(hq, "replicate", GROUP, "--yes", "--json") for _ in range(4))
            )
            states = [outcome.json["links"][0]["state"] for outcome in outcomes]
            assert [outcome.code for outcome in outcomes] == [0] * 4, states
            assert states.count("applied") == 1
            assert set(states) == {"applied", "in_sync"}
            assert web1.stored_digest(group) == digest
    web1.check_sound()
    await service.kill()


async def test_two_nodes_that_push_to_each_other_come_to_rest(zygote: Forks, make_node: Machines) -> None:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "push")
    await introduce_back(web1, hq)
    async with hq.open() as here, web1.open() as there:
        group = await fill(here, 10)
        await here.links.add(GROUP, "web1", "push", schedule=EACH_SECOND)
        services = [await zygote.serve(machine) for machine in (hq, web1)]
        await eventually(lambda: web1.stored_digest(group))
        await there.links.add(GROUP, "hq", "push", schedule=EACH_SECOND)

        async def edits(node, name: str) -> None:  # type: ignore[no-untyped-def]
            for number in range(10):
                await node.tasks.add(GROUP, a_task(f"{name} {number}", schedules=NEVER))
                task = random.choice(await node.tasks.list(GROUP))
                await node.tasks.change(task.id, {"notes": f"{name} was here, {number}"})
                await asyncio.sleep(0.1)

        await asyncio.gather(edits(here, "hq"), edits(there, "web1"))
        await eventually(lambda: hq.stored_digest(group) == web1.stored_digest(group))
        names = {view.task.name for view in await here.tasks.list(GROUP)}
        assert {f"{name} {number}" for name in ("hq", "web1") for number in range(10)} < names
        sequences = history(hq, group), history(web1, group)
        await asyncio.sleep(2.5)
        assert (history(hq, group), history(web1, group)) == sequences
    for machine in (hq, web1):
        machine.check_sound()
    for service in services:
        await service.kill()


async def test_a_change_goes_down_a_chain_of_strict_copies(zygote: Forks, make_node: Machines) -> None:
    machines = [await make_node.make(name) for name in ("a", "b", "c")]
    async with machines[0].open() as node:
        group = await fill(node, 5)
    for here, there in pairwise(machines):
        await introduce(here, there, "push")
    services = [await zygote.serve(machine) for machine in machines]
    for here, there in pairwise(machines):
        async with here.open() as node:
            link = await node.links.add(group, there.name, "push", mode="strict")
            assert (await node.replication.cycle()).links[0].state == "applied"
            await node.links.change(link.id, schedule=EACH_SECOND)
    async with machines[0].open() as node, machines[2].open() as last:
        digest = await rewrite(node, "all the way")
        await eventually(lambda: machines[2].stored_digest(group) == digest)
        assert (await last.groups.get(GROUP)).kept_by == "b"
    for service in services:
        await service.kill()


async def test_ctrl_c_stops_a_command_cleanly(zygote: Forks, make_node: Machines) -> None:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "push")
    service = await zygote.serve(web1)
    words = ("--home", str(hq.home), "replicate", GROUP, "--yes", "--json")
    async with hq.open() as node:
        group = await fill(node, 200)
        await node.links.add(GROUP, "web1", "push", mode="strict")
        began = time.monotonic()
        assert (await zygote.run(hq, *words[2:])).code == 0
        longest = time.monotonic() - began
        for number in range(6):
            old, new = web1.stored_digest(group), await rewrite(node, str(number))
            process = await zygote.start(*words)
            await asyncio.sleep(longest * (0.3 + 0.13 * number))
            process.send(signal.SIGINT)
            outcome = await process.end()
            assert outcome.code in (0, 130, -signal.SIGINT), outcome
            # While a module is loaded, Python itself may swallow the interrupt, and says so.
            assert "Traceback" not in outcome.err or "Exception ignored in" in outcome.err, outcome.err
            assert web1.stored_digest(group) in (old, new)
            if outcome.code == 0:
                assert web1.stored_digest(group) == new
    for machine in (hq, web1):
        machine.check_sound()
    await service.kill()


async def introduce_back(here: Machine, there: Machine) -> None:
    """Let `here`, which is known already, connect to `there`, too."""
    async with here.open() as node:
        await node.peers.change(
            there.name, address=there.identity["listen"], host_key=there.identity["host_key"]
        )
    async with there.open() as node:
        await node.peers.change(here.name, grants=["push"])


def history(machine: Machine, group: str) -> int:
    """How many changes the group has seen there."""
    with machine.database() as db:
        return int(db.execute("SELECT sequence FROM groups WHERE id = ?", (group,)).fetchone()[0])
