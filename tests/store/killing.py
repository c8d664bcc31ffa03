"""A program: makes a store in HOME, kills a process that commits to it ROUNDS times, and checks it each time.

Run as `python -m tests.store.killing HOME ROUNDS SEED`. It is a process of its own so that it can fork: a
fresh writer each round, killed by SIGKILL at some moment, be it in a statement, a commit or a checkpoint.
"""

import os
import random
import select
import signal
import sys
from contextlib import closing
from pathlib import Path

from atsn_tui.home.home import Home
from atsn_tui.store import audit_check, changes, groups, history, tasks
from atsn_tui.store.database import opening
from atsn_tui.store.database.connection import connect
from atsn_tui.store.database.migrations import MIGRATIONS
from tests.store.samples import GROUP, check_kept, entry, fill, put, settings, task

TASKS = 5


def main(home: Home, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    opening.make(home, "n-here", MIGRATIONS).release()
    with closing(connect(home.database)) as db:
        fill(db, *(task(number, 1) for number in range(TASKS)))
    done = 1
    for _ in range(rounds):
        told = _kill_one(home, chance.uniform(0, 0.006))
        state = _state(home)
        assert state in (done + told, done + told + 1), (
            f"{told} commits after {done} were told, but it is {state}"
        )
        done = state


def _kill_one(home: Home, after: float) -> int:
    """How many commits a writer told of before it was killed, that many seconds after the first."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _commit_forever(home, writing)
        finally:
            os._exit(1)
    os.close(writing)
    told = len(os.read(reading, 1))
    select.select([], [], [], after)
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, "the writer ended by itself"
    while more := os.read(reading, 4096):
        told += len(more)
    os.close(reading)
    return told


def _commit_forever(home: Home, writing: int) -> None:
    opening.prepare(home, MIGRATIONS)
    db = connect(home.database)
    db.execute("PRAGMA wal_autocheckpoint = 20")
    while True:
        db.execute("BEGIN IMMEDIATE")
        head = groups.head(db, GROUP)
        assert head is not None
        date = head.sequence + 1
        changes.commit(
            db, GROUP, [put(settings(date)), *(put(task(number, date)) for number in range(TASKS))], entry()
        )
        db.execute("COMMIT")
        os.write(writing, b".")


def _state(home: Home) -> int:
    """The number of the last commit, with everything in the database agreeing on it."""
    opening.prepare(home, MIGRATIONS).release()
    with closing(connect(home.database)) as db:
        check_kept(db)
        assert audit_check.check(db).problems == ()
        head = groups.head(db, GROUP)
        assert head is not None
        newest = history.list_history(db, GROUP, 1)[0]
        assert (newest.seq, newest.digest) == (head.sequence, head.digest)
        assert len(history.list_history(db, GROUP)) == head.sequence
        assert {row.record.modified for row in tasks.list_tasks(db, GROUP)} == {head.sequence}
        return head.sequence


if __name__ == "__main__":
    main(Home(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]))
