"""History lists what happened, newest first, and finds states by their digest."""

import sqlite3

from atsn_tui.store import changes, history
from tests.store.samples import GROUP, entry, fill, put, task


def test_the_newest_comes_first_and_a_limit_cuts_the_oldest(db: sqlite3.Connection) -> None:
    fill(db)
    for number in range(3):
        changes.commit(db, GROUP, [put(task(number))], entry(at=number))
    assert [row.seq for row in history.list_history(db, GROUP)] == [4, 3, 2, 1]
    newest = history.list_history(db, GROUP, 1)
    assert [(row.seq, row.entry.at, row.records) for row in newest] == [(4, 2, 1)]


def test_what_never_happened_is_none(db: sqlite3.Connection) -> None:
    assert history.get_entry(db, GROUP, 1) is None
    assert history.list_history(db, GROUP) == []
