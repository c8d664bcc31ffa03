"""A backup is of one moment, however much is written meanwhile."""

import asyncio
from pathlib import Path

from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.node.backup.restore import restore
from tests.node.samples import GROUP, a_task
from tests.nodes import ADA, Machine, Machines, eventually

ENOUGH = 5
"""So many changes happen at least while one backup is taken."""


async def test_backups_taken_while_others_write_are_whole(make_node: Machines, tmp_path: Path) -> None:
    hq = await make_node.make("hq", listen=False)
    done, written = asyncio.Event(), 0

    async def write() -> None:
        nonlocal written
        async with hq.open() as writer:
            while not done.is_set():
                await writer.tasks.add(GROUP, a_task(f"task {written}"))
                written += 1

    async with hq.open() as node:
        await node.groups.add(GROUP)
        writing = asyncio.create_task(write())
        for number in range(3):
            before = written
            await eventually(lambda before=before: written >= before + ENOUGH)
            await node.backup(tmp_path / f"{number}.tar")
        done.set()
        await writing
    counts = []
    for number in range(3):
        back = Machine(f"back {number}", tmp_path / f"back {number}")
        await restore(Home(back.home), tmp_path / f"{number}.tar", ADA, Passwords.take({}))
        back.check_sound()
        async with back.open() as node:
            counts.append(len(await node.tasks.list(GROUP)))
    assert counts == sorted(set(counts)), "each is of a later moment"
    assert written > counts[-1] >= 3 * ENOUGH
