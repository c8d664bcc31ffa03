"""Processes that write at once lose nothing and meet no lock; one that is killed leaves the old or the new state."""

import subprocess
import sys
from pathlib import Path

from atsn_tui.home.home import Home
from atsn_tui.store import Store, audit_check, groups, tasks
from tests.store.samples import GROUP, check_kept, fill, task, task_id
from tests.store.writing import COUNTER

ROOT = Path(__file__).parents[2]
WRITERS, TURNS = 4, 60


def start(module: str, *words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", f"tests.store.{module}", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stderr=subprocess.PIPE)


def end(process: subprocess.Popen[str]) -> None:
    _, trouble = process.communicate(timeout=90)
    assert (process.returncode, trouble) == (0, "")


async def test_processes_that_write_at_once_lose_nothing(store: Store, home: Home) -> None:
    await store.write(lambda db: fill(db, task(COUNTER, 0)))
    writers = [start("writing", home.path, number, TURNS) for number in range(1, WRITERS + 1)]
    for writer in writers:
        end(writer)

    await store.read(check_kept)
    counter = (await store.read(lambda db: tasks.get(db, GROUP, [task_id(COUNTER)])))[0]
    assert counter.record.modified == WRITERS * TURNS
    head = await store.read(lambda db: groups.head(db, GROUP))
    assert head is not None
    assert head.sequence == 1 + WRITERS * TURNS
    side = await store.read(lambda db: groups.side(db, GROUP))
    assert len(side.tasks) == 1 + WRITERS
    checked = await store.read(audit_check.check)
    assert (checked.problems, checked.entries) == ((), 1 + WRITERS * TURNS)


def test_killed_writers_leave_the_old_state_or_the_new_one(home: Home) -> None:
    end(start("killing", home.path, 80, 20_26))
