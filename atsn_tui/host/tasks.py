"""Running the tasks of a node: the scheduler with everything that it needs here."""

import asyncio
from pathlib import Path

from atsn_tui.home.config import Config
from atsn_tui.home.home import Home
from atsn_tui.host.telling import Teller
from atsn_tui.runner.execution.actions import perform
from atsn_tui.runner.execution.executor import NodeExecutor
from atsn_tui.runner.execution.inside import Inside
from atsn_tui.runner.jobs.policy import why_not
from atsn_tui.runner.scheduling.place import Place
from atsn_tui.runner.scheduling.scheduler import Scheduler
from atsn_tui.store.store import Store

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


async def run_tasks(home: Home, config: Config, store: Store, zone: str) -> None:
    """Run the node's tasks, and send what mail they make, until cancelled. Commands live on then."""
    teller = Teller(home, config, store, zone)
    executor = NodeExecutor(home, config.name, config.variables, Inside(home, perform))
    scheduler = Scheduler(
        store,
        executor,
        Place(
            node_id=store.node_id,
            name=config.name,
            tags=config.tags,
            zone=zone,
            boot_id=_boot_id(),
        ),
        allowed=why_not,
        on_end=teller.tell,
    )
    mailing = asyncio.create_task(teller.outbox.run())
    try:
        await scheduler.run()
    finally:
        mailing.cancel()
        await asyncio.gather(mailing, return_exceptions=True)


def _boot_id() -> str:
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""
