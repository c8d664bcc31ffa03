"""Consoles, commands and the service write to one node at once, and nothing is lost."""

import asyncio
import sys
from pathlib import Path

from tests.nodes import Machine, Machines, introduce
from tests.processes.content import GROUP, fill
from tests.processes.forks import Forks

CONSOLES, COMMANDS, TASKS = 3, 8, 40

CONSOLE = """
import asyncio, os, sys
from pathlib import Path
from atsn_tui.home.home import Home
from atsn_tui.node.actor import Actor
from atsn_tui.node.tasks.fields import build_task
from atsn_tui.node.node import Node

async def main(home, name, count):
    async with Node.open(Home(Path(home)), Actor(name, "console")) as node:
        print("open", flush=True)
        sys.stdin.readline()
        for number in range(int(count)):
            task = build_task({"name": f"{name} {number}", "command": "true", "schedules": "0 0 29 2 *"})
            view = await node.tasks.add("Replicated tasks", task)
            await node.tasks.change(view.id, {"notes": "changed"})
            await node.tasks.set_enabled([view.id], number % 2 == 0)

asyncio.run(main(*sys.argv[1:]))
"""


async def console(machine: Machine, name: str) -> asyncio.subprocess.Process:
    """A process that has the node open and adds tasks once it is told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CONSOLE,
        str(machine.home),
        name,
        str(TASKS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"open\n"
    return process


async def test_nothing_that_several_processes_write_is_lost(zygote: Forks, make_node: Machines) -> None:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "pull")
    async with web1.open() as node:
        group = await fill(node, 20)
    async with hq.open() as node:
        # The service pulls each second into the group that everybody else writes to.
        await node.links.add(group, "web1", "pull", schedule="* * * * * *")
        assert (await node.replication.cycle()).links[0].state == "unreachable"
    far = await zygote.serve(web1)
    async with hq.open() as node:
        assert (await node.replication.cycle()).links[0].state == "applied"
    service = await zygote.serve(hq)
    names = [f"console {number}" for number in range(CONSOLES)]
    consoles = await asyncio.gather(*(console(hq, name) for name in names))

    async def typed(machine: Machine, number: int) -> str:
        name = f"command {number}"
        outcome = await zygote.run(machine, "task", "add", GROUP, name, "--command", "true")
        assert outcome.code == 0, outcome.err
        return name

    works = [typed(web1 if number % 4 == 0 else hq, number) for number in range(COMMANDS)]
    for process in consoles:
        process.stdin.write(b"go\n")  # type: ignore[union-attr]
    added = set(await asyncio.gather(*works))
    assert [await process.wait() for process in consoles] == [0] * CONSOLES

    async with hq.open() as node:
        for _ in range(3):
            if (await node.replication.cycle()).links[0].state == "in_sync":
                break
        tasks = {view.task.name: view for view in await node.tasks.list(GROUP)}
        history = await node.core.store.read(
            lambda db: db.execute("SELECT seq FROM history WHERE group_id = ?", (group,)).fetchall()
        )
    expected = {f"{name} {number}" for name in names for number in range(TASKS)}
    assert set(tasks) == expected | added | {f"job {number}" for number in range(20)}
    for name in expected:
        assert tasks[name].task.notes == "changed"
        assert tasks[name].task.enabled == (int(name.rpartition(" ")[2]) % 2 == 0)
    hq.check_sound()
    # Each change has its own number, and none is missing.
    assert [seq for (seq,) in history] == list(range(1, len(history) + 1))
    assert len(history) >= CONSOLES * TASKS * 2
    for process in (service, far):
        await process.kill()
