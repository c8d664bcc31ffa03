"""History lists what happened, newest first, and finds states by their digest."""

import sqlite3

from atsn_tui.store import changes, history
from tests.store.samples import GROUP, drop, entry, fill, put, task


def test_the_newest_comes_first_and_a_limit_cuts_the_oldest(db: sqlite3.Connection) -> None:
    fill(db)
    for number in range(3):
        changes.commit(db, GROUP, [put(task(number))], entry(at=number))
    assert [row.seq for row in history.list_history(db, GROUP)] == [4, 3, 2, 1]
    newest = history.list_history(db, GROUP, 1)
    assert [(row.seq, row.entry.at, row.records) for row in newest] == [(4, 2, 1)]


def test_a_digest_that_came_again_is_found_at_its_newest(db: sqlite3.Connection) -> None:
    first = fill(db)
    changes.commit(db, GROUP, [put(task(1))], entry())
    again = changes.commit(db, GROUP, [drop(1)], entry())
    assert first.digest == again.digest
    assert history.find_digest(db, GROUP, first.digest) == 3
    assert history.find_digest(db, GROUP, b"?" * 32) is None


def test_what_never_happened_is_none(db: sqlite3.Connection) -> None:
    assert history.get_entry(db, GROUP, 1) is None
    assert history.list_history(db, GROUP) == []
