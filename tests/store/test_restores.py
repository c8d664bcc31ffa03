"""What a database forgets when it comes back from a backup, so that nothing is done twice."""

import sqlite3

from atsn_tui.runner.scheduling.progress import cursor, handled_until
from atsn_tui.store import audit, holds, instants, node, outbox, requests, restores, runs
from atsn_tui.store.instants import Stretch
from tests.store.samples import GROUP, fill, task, task_id
from tests.store.test_runs import run
from tests.store.test_runs_around import ask, mail

SAVED, NOW = 1000, 5000


def take_up(db: sqlite3.Connection, *, new_identity: bool = False) -> restores.Cleared:
    return restores.take_up(db, SAVED, NOW, new_identity=new_identity, name="hq")


def test_what_was_under_way_ends_and_is_told_to_nobody(db: sqlite3.Connection) -> None:
    fill(db, task(1))
    runs.put(db, run(1, "queued"), b"task")
    runs.put(db, run(2, "running"), b"task")
    runs.put(db, run(3, "ok", ended=900), b"task")
    requests.add(db, ask(1))
    requests.add(db, ask(2))
    outbox.save(db, mail(1, 10))
    outbox.save(db, mail(2, 10, state="sent"))
    assert take_up(db) == restores.Cleared(runs=2, requests=2, mails=1)
    assert not runs.active(db)
    assert not runs.unreported(db, 9)
    found = runs.get(db, "r2")
    assert found is not None
    assert (found.state, found.ended, "restored from a backup" in (found.reason or "")) == (
        "unknown",
        NOW,
        True,
    )
    assert not requests.waiting(db, {"run"})
    assert not outbox.waiting(db)


def test_what_was_due_until_now_counts_as_handled_and_what_comes_does_not(db: sqlite3.Connection) -> None:
    fill(db, task(1), task(2))
    gone, ahead = (GROUP, task_id(3)), (GROUP, task_id(2))
    for key, stretch in (
        (gone, Stretch(10, 20)),
        (ahead, Stretch(9000, 9500)),
        ((GROUP, task_id(1)), Stretch(5, 999)),
    ):
        instants.set_stretches(db, key, (), (stretch,))
    take_up(db)
    for number in (1, 2, 3):
        found = instants.stretches_of(db, (GROUP, task_id(number)))
        assert all(handled_until(found, due) for due in (1, 999, 1001, NOW)), number
        assert handled_until(found, NOW + 1) is None
        assert cursor(found, 0, NOW) == NOW
    assert handled_until(instants.stretches_of(db, ahead), 9100), "what ran while the clock was ahead"


def test_it_is_another_database_of_the_same_node(db: sqlite3.Connection) -> None:
    before = node.identity(db)
    take_up(db)
    assert node.node_id(db) == before[0]
    assert node.store_id(db) != before[1]
    assert restores.last(db) == restores.Restore(NOW, SAVED, False)
    assert not holds.list_holds(db)
    assert [row.action for row in audit.rows(db)][-1] == "node.restore"


def test_with_a_new_identity_it_is_another_nodes_and_held(db: sqlite3.Connection) -> None:
    before = node.identity(db)
    take_up(db, new_identity=True)
    assert node.node_id(db) != before[0]
    [hold] = holds.list_holds(db)
    assert (hold.group_id, hold.task_id, hold.until, "hq" in hold.note) == (None, None, None, True)
