"""A service that tests kill: it orders runs, and writes down each end before it acknowledges it.

python -m tests.runner.service HOME RECORD FIRST LAST SHELL
"""

import asyncio
import os
import sys
from pathlib import Path

from atsn_tui.home.home import Home
from atsn_tui.runner.client.keeper import Keeper
from tests.runner.site import LINGER, order


async def main(home: str, record: str, first: int, last: int, shell: str) -> None:
    """Order the runs; then serve until killed."""
    keeper = await Keeper.connect(Home(Path(home)), linger=LINGER)

    async def listen() -> None:
        async for ended in keeper.ends():
            with open(record, "a") as file:  # noqa: ASYNC230 - a line
                file.write(f"{ended.run} {ended.exit_code} {ended.reason}\n")
            keeper.acknowledge(ended.run)

    task = asyncio.create_task(listen())
    for number in range(first, last):
        environment = {"PATH": "/usr/bin:/bin", "N": str(number)}
        await keeper.start(order(f"r{number}", shell=shell, environment=environment))
    print("ready", keeper.pid, flush=True)
    await task


if __name__ == "__main__":
    os.setpgid(0, 0)
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]))
