"""Make the pictures of the README: `python docs/images/make_picture.py`.

Three real nodes are built in a temporary directory and their peers listen on free ports of this
machine. No task ever runs, since no service does: the runs that are shown are made up.
"""

import asyncio
import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

os.environ.pop("NO_COLOR", None)

from atsn_tui.console.app import Console
from atsn_tui.console.desk import Desk
from atsn_tui.home import locks
from atsn_tui.home.home import Home
from atsn_tui.host.server import start_server
from atsn_tui.model.run import Run
from atsn_tui.model.text import new_id
from atsn_tui.node.actor import Actor
from atsn_tui.node.node import Node
from atsn_tui.node.peers.contact import context_of
from atsn_tui.node.tasks.fields import build_task
from atsn_tui.store import runs

HERE = Path(__file__).parent
SIZE = (112, 26)
GROUP = "Replicated tasks"

TASKS = (
    ("databases", "nightly-backup", "0 3 * * *", "/opt/site/backup --all-clusters"),
    ("databases", "archive-wal", "every 10m", "/opt/site/archive-wal"),
    ("databases", "verify-backup", "after databases/nightly-backup", "/opt/site/verify --latest"),
    ("certs", "rotate-certs", "0 3 * * *", "/opt/site/rotate-certs"),
    ("certs", "check-expiry", "0 8 * * 1-5", "/opt/site/check-expiry --days 21"),
    ("", "clean-tmp", "@daily", "/opt/site/clean-tmp --older 7d"),
    ("", "sync-mirror", "every 2h", "/opt/site/sync-mirror"),
    ("", "update-geoip", "0 6 1 * *", "/opt/site/update-geoip"),
    ("", "old-report", "0 8 * * 1", "/opt/site/report --weekly"),
)


@asynccontextmanager
async def listening(root: Path, name: str) -> AsyncIterator[tuple[Node, str]]:
    """A node whose server runs in this process, and the address that it listens on."""
    home = Home(root / name)
    await Node.init(home, name, "127.0.0.1:0")
    async with Node.open(home, Actor("anna", "picture")) as node:
        server = await start_server(context_of(node.core), home, "127.0.0.1:0")
        try:
            yield node, str(server.address)
        finally:
            await server.close()


async def introduce(hq: Node, other: Node, address: str) -> None:
    """Let both know each other; `other` lets hq write."""
    there, here = other.identity(), hq.identity()
    await hq.peers.add(there.name, there.public_key, address, there.host_key, ("pull",))
    await other.peers.add(here.name, here.public_key, grants=("push", "pull", "status"))


async def build(hq: Node) -> None:
    """The groups and tasks of the headquarters."""
    await hq.groups.add(GROUP)
    await hq.groups.add("Local tasks", replicated=False)
    for folder, name, schedule, command in TASKS:
        fields = {"folder": folder, "name": name, "schedules": schedule, "command": command}
        await hq.tasks.add(GROUP, build_task(fields))
    await hq.tasks.add(
        "Local tasks", build_task({"name": "scrub-pool", "schedules": "0 1 1 * *", "command": "true"})
    )


async def edit(hq: Node) -> None:
    """What was changed since the peers were last in sync."""
    fields = {"folder": "databases", "name": "nightly-vacuum", "schedules": "0 4 * * *", "run_as": "postgres"}
    await hq.tasks.add(GROUP, build_task({**fields, "command": "/opt/site/vacuum --all --analyze"}))
    changed = {"schedules": "*/30 * * * *", "command": "/opt/site/rotate-certs --reload nginx"}
    await hq.tasks.change(f"{GROUP}/certs/rotate-certs", changed)
    await hq.tasks.remove([(await hq.tasks.get(f"{GROUP}/old-report")).id])


async def ran(hq: Node) -> None:
    """What the tasks look like after some days."""
    now = hq.core.now()
    ends = (
        ("databases/nightly-backup", "ok", 0, 6 * 3600, 41),
        ("databases/archive-wal", "ok", 0, 200, 4),
        ("certs/rotate-certs", "failed", 2, 900, 3),
        ("certs/check-expiry", "ok", 0, 9000, 2),
        ("sync-mirror", "running", None, 12, None),
        ("clean-tmp", "ok", 0, 7 * 3600, 1),
    )
    made = []
    for path, state, code, ago, took in ends:
        found = await hq.tasks.get(f"{GROUP}/{path}")
        start = now - ago * 1_000_000
        end = None if took is None else start + took * 1_000_000
        made.append(
            Run(
                id=new_id(),
                group_id=found.group_id,
                task_id=found.id,
                path=path,
                trigger="schedule",
                due=start,
                state=state,  # type: ignore[arg-type]
                started=start,
                ended=end,
                exit_code=code,
            )
        )

    def write(db: sqlite3.Connection) -> None:
        for run in made:
            runs.put(db, run, b"")

    await hq.core.store.write(write)
    await hq.holds.hold(f"{GROUP}/update-geoip", note="the licence is being renewed")


async def shoot(hq: Node) -> None:
    """Both screens, as SVG."""
    app = Console(Desk(hq), "atsn-dark")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(1)
        await pilot.press("tab", *"jjjjjj")
        await pilot.pause(0.5)
        app.save_screenshot("main.svg", str(HERE))
        await pilot.press("r")
        await pilot.pause(3)
        await pilot.press("tab", "j")
        await pilot.pause(0.5)
        app.save_screenshot("replicate.svg", str(HERE))


async def main() -> None:
    """Build the site, let it fall out of step, and take the pictures."""
    async with AsyncExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        hq, _ = await stack.enter_async_context(listening(root, "hq"))
        # The header then says what it says on a machine with a service.
        stack.enter_context(locks.exclusive(hq.home.service_lock))
        await build(hq)
        for name in ("web1", "web2", "dr"):
            async with AsyncExitStack() as short:
                other, address = await (short if name == "dr" else stack).enter_async_context(
                    listening(root, name)
                )
                await introduce(hq, other, address)
                mode = "easy" if name == "web2" else "strict"
                await hq.links.add(GROUP, name, "push", mode, "every 15m")
                await hq.replication.cycle(peers=[name])
        await edit(hq)
        await hq.replication.cycle(peers=["web2"])
        await hq.replication.cycle(peers=["dr"])
        async with hq.replication.open(peers=["web1"]) as session:
            await session.compute()
        await ran(hq)
        await shoot(hq)


if __name__ == "__main__":
    asyncio.run(main())
