"""Heads, cycle reports and the origins of imported tasks."""

import sqlite3

from atsn_tui.model.peer import Peer
from atsn_tui.model.record import Head
from atsn_tui.model.result import CycleReport
from atsn_tui.store import changes, cycles, heads, imports, peers
from atsn_tui.store.imports import Imported
from tests.store.samples import GROUP, OTHER, drop, entry, fill, task, task_id


def report(number: int) -> CycleReport:
    return CycleReport(id=f"c{number}", trigger="hand", started_at="then", ended_at=f"after {number}")


def test_the_last_head_of_each_peer_and_group_is_kept(db: sqlite3.Connection) -> None:
    peers.add(db, Peer(id="p", name="p", public_key="k"))
    heads.set(db, "p", GROUP, Head("s", 1, b"1" * 32))
    heads.set(db, "p", GROUP, Head("s", 2, b"2" * 32))
    assert heads.get(db, "p", GROUP) == Head("s", 2, b"2" * 32)
    assert heads.get(db, "p", OTHER) is None


def test_reports_are_kept_newest_first_up_to_a_count(db: sqlite3.Connection) -> None:
    for number in range(5):
        cycles.add(db, report(number), keep=3)
    assert cycles.list_cycles(db) == [report(4), report(3), report(2)]
    assert cycles.list_cycles(db, 1) == [report(4)]
    assert cycles.get(db, "c3") == report(3)
    assert cycles.get(db, "c0") is None


def test_where_a_task_came_from_outlives_it(db: sqlite3.Connection) -> None:
    fill(db, task(1))
    first = Imported(source="/etc/crontab", line=3, text="@daily a", derived=b"one")
    changed = Imported(source="/etc/crontab", line=4, text="@daily b", derived=b"two")
    imports.put(db, GROUP, {task_id(1): first, task_id(2): first})
    imports.put(db, GROUP, {task_id(1): changed})
    changes.commit(db, GROUP, [drop(1)], entry())
    assert imports.list_imports(db, GROUP) == {task_id(1): changed, task_id(2): first}
    assert imports.get(db, GROUP, task_id(1)) == changed
    assert imports.get(db, OTHER, task_id(1)) is None
