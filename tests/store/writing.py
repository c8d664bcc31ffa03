"""A program: adds COUNT times one to a task's date in the store of HOME, opening it anew now and then.

Run as `python -m tests.store.writing HOME NUMBER COUNT`, several at once.
"""

import asyncio
import sqlite3
import sys
from pathlib import Path

from atsn_tui.home.home import Home
from atsn_tui.store import Store, changes, groups, tasks
from tests.store.samples import GROUP, entry, put, task, task_id

COUNTER = 0
AT_A_TIME = 10


async def main(home: Home, number: int, count: int) -> None:
    for start in range(0, count, AT_A_TIME):
        async with await Store.open(home) as store:
            for turn in range(start, start + AT_A_TIME):
                await store.write(lambda db, turn=turn: _write(db, number, turn))  # type: ignore[misc]
                await store.read(lambda db: groups.side(db, GROUP))


def _write(db: sqlite3.Connection, number: int, turn: int) -> None:
    counter = tasks.get(db, GROUP, [task_id(COUNTER)])[0].record
    own = task(number, turn)
    changes.commit(db, GROUP, [put(task(COUNTER, counter.modified + 1)), put(own)], entry())


if __name__ == "__main__":
    asyncio.run(main(Home(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])))
