"""Runs, the decisions not to run, and the due times that were handled: all of it outlives the task."""

import sqlite3

import pytest

from atsn_tui.model.run import Decision, Run
from atsn_tui.store import decisions, glance, groups, instants, runs
from atsn_tui.store.instants import Stretch, Timing
from tests.store.samples import GROUP, LOCAL, OTHER, drop, entry, fill, put, settings, task, task_id

KEY = (GROUP, task_id(1))


def run(
    number: int, state: str = "queued", ended: int | None = None, task_number: int = 1, due: int = 10
) -> Run:
    return Run(
        id=f"r{number}",
        group_id=GROUP,
        task_id=task_id(task_number),
        path="backup",
        trigger="schedule",
        due=due,
        state=state,  # type: ignore[arg-type]
        ended=ended,
    )


def decision(due: int, text: str = "the task is disabled", **fields: object) -> Decision:
    return Decision(
        group_id=GROUP,
        task_id=task_id(1),
        path="backup",
        kind="disabled",
        text=text,
        trigger="schedule",
        first=due,
        last=due,
        at=due,
        **fields,  # type: ignore[arg-type]
    )


def test_a_run_is_written_once_and_changed_until_it_ends(db: sqlite3.Connection) -> None:
    runs.put(db, run(1), b"first version")
    with pytest.raises(sqlite3.IntegrityError):
        runs.put(db, run(1), b"again")
    runs.change(db, run(1, "running"), b"second version")
    runs.change(db, run(1, "running"))
    assert runs.active(db) == [runs.Kept(run(1, "running"), b"second version")]
    runs.change(db, run(1, "ok", 20))
    assert not runs.active(db)
    assert runs.get(db, "r1") == run(1, "ok", 20)
    assert runs.unreported(db, 5) == [runs.Kept(run(1, "ok", 20), b"second version")]
    runs.set_reported(db, ["r1"])
    assert not runs.unreported(db, 5)


def test_runs_are_listed_newest_first_of_a_task_a_group_or_all(db: sqlite3.Connection) -> None:
    for number in range(1, 5):
        runs.put(db, run(number, task_number=number % 2), b"")
    listed = runs.list_runs(db)
    assert [each.id for each in listed] == ["r4", "r3", "r2", "r1"]
    assert [each.id for each in runs.list_runs(db, GROUP, task_id(1))] == ["r3", "r1"]
    assert [each.id for each in runs.list_runs(db, GROUP, limit=2, before="r4")] == ["r3", "r2"]
    assert not runs.list_runs(db, OTHER)
    assert {key: each.id for key, each in runs.last_runs(db, GROUP).items()} == {
        task_id(1): "r3",
        task_id(0): "r4",
    }
    assert [each.id for each in runs.find_by_prefix(db, "r")] == ["r1", "r2", "r3", "r4"]


def test_only_what_is_over_and_reported_is_forgotten(db: sqlite3.Connection) -> None:
    for number in range(1, 7):
        runs.put(db, run(number, "ok", number), b"")
    runs.put(db, run(7, "running"), b"")
    assert not runs.surplus_of(db, *KEY, keep=2)
    runs.set_reported(db, [f"r{number}" for number in range(1, 6)])
    assert runs.surplus_of(db, *KEY, keep=2) == [1, 2, 3, 4, 5]
    assert runs.surplus_of(db, *KEY, keep=5) == [1, 2]
    assert runs.ended_before(db, 3, 10) == [1, 2]
    assert runs.surplus(db, keep=4, limit=10) == [1, 2, 3]
    assert runs.remove(db, [1, 2]) == ["r1", "r2"]
    assert [each.id for each in runs.list_runs(db)] == ["r7", "r6", "r5", "r4", "r3"]


def test_equal_decisions_in_a_row_are_one_record(db: sqlite3.Connection) -> None:
    for due in (10, 20, 30):
        stored = decisions.add(db, decision(due))
    assert (stored.first, stored.last, stored.at, stored.count) == (10, 30, 30, 3)
    decisions.add(db, decision(40, "it is held"))
    decisions.add(db, decision(50))
    found = decisions.list_decisions(db, *KEY)
    assert [(each.text, each.count) for each in found] == [
        ("the task is disabled", 1),
        ("it is held", 1),
        ("the task is disabled", 3),
    ]


def test_a_run_in_between_ends_the_row(db: sqlite3.Connection) -> None:
    decisions.add(db, decision(10))
    runs.put(db, run(1), b"")
    instants.set_decision(db, *KEY, None)
    decisions.add(db, decision(30))
    assert [each.count for each in decisions.list_decisions(db, *KEY)] == [1, 1]


def test_a_decision_that_lasts_is_noted_once(db: sqlite3.Connection) -> None:
    for due in (10, 20):
        decisions.note(db, decision(due))
    assert [(each.count, each.first) for each in decisions.list_decisions(db)] == [(1, 10)]


def test_decisions_are_listed_since_a_moment_and_pruned(db: sqlite3.Connection) -> None:
    for due in range(1, 6):
        decisions.add(db, decision(due, f"reason {due}"))
    assert [each.at for each in decisions.list_decisions(db, since=4)] == [5, 4]
    decisions.prune(db, *KEY, keep=3)
    assert [each.at for each in decisions.list_decisions(db)] == [5, 4, 3]
    decisions.prune_all(db, before=4, keep=10)
    assert [each.at for each in decisions.list_decisions(db)] == [5, 4]
    decisions.prune_all(db, before=0, keep=1)
    assert [each.at for each in decisions.list_decisions(db)] == [5]
    decisions.add(db, decision(6, "reason 5"))
    assert [each.count for each in decisions.list_decisions(db)] == [2]


def test_handled_times_are_kept_as_stretches(db: sqlite3.Connection) -> None:
    first = (Stretch(1, 5), Stretch(9, 12))
    instants.set_stretches(db, KEY, (), first)
    assert instants.stretches_of(db, KEY) == first
    second = (Stretch(1, 7), Stretch(20, 30))
    instants.set_stretches(db, KEY, first, second)
    assert instants.stretches_of(db, KEY) == second
    assert instants.stretches(db, GROUP) == {task_id(1): second}


def test_what_is_known_of_times_is_changed_piece_by_piece(db: sqlite3.Connection) -> None:
    assert instants.timing(db, KEY) == Timing()
    instants.set_boot(db, KEY, "boot-1", 7)
    instants.set_over(db, KEY)
    assert instants.timing(db, KEY) == Timing(boot_id="boot-1", boot_due=7, over=True)
    instants.set_edited(db, GROUP, {task_id(1): 5})
    assert instants.timings(db, GROUP) == {task_id(1): Timing(edited=5, boot_id="boot-1", boot_due=7)}


def test_the_first_start_of_each_boot_is_remembered(db: sqlite3.Connection) -> None:
    assert [
        instants.first_start(db, boot, now) for boot, now in (("a", 1), ("a", 2), ("b", 3), ("b", 4))
    ] == [
        1,
        1,
        3,
        3,
    ]


def test_a_group_that_takes_the_id_of_a_removed_one_has_handled_what_either_had(
    db: sqlite3.Connection,
) -> None:
    fill(db, task(1))
    instants.set_stretches(db, (OTHER, task_id(1)), (), (Stretch(0, 50),))
    instants.set_stretches(db, KEY, (), (Stretch(0, 30), Stretch(60, 70)))
    groups.rename_id(db, GROUP, OTHER, entry())
    assert instants.stretches_of(db, (OTHER, task_id(1))) == (Stretch(0, 50), Stretch(60, 70))
    assert not instants.stretches_of(db, KEY)


def test_records_outlive_the_task_and_the_group_and_follow_its_new_id(db: sqlite3.Connection) -> None:
    fill(db, task(1))
    runs.put(db, run(1, "ok", 20), b"")
    decisions.add(db, decision(30))
    instants.set_stretches(db, KEY, (), (Stretch(1, 30),))
    glance.set_seen(db, GROUP, 1)
    groups.rename_id(db, GROUP, OTHER, entry())
    assert runs.get(db, "r1") == Run(**{**_fields(run(1, "ok", 20)), "group_id": OTHER})
    assert [each.group_id for each in decisions.list_decisions(db, OTHER)] == [OTHER]
    assert instants.stretches_of(db, (OTHER, task_id(1))) == (Stretch(1, 30),)
    assert (glance.seen(db, OTHER), glance.seen(db, GROUP)) == (1, None)
    groups.remove_group(db, OTHER, entry())
    assert len(runs.list_runs(db, OTHER)) == 1
    assert instants.stretches_of(db, (OTHER, task_id(1))) == (Stretch(1, 30),)


def _fields(of: Run) -> dict[str, object]:
    return {name: getattr(of, name) for name in of.__struct_fields__}


def test_edits_are_found_in_the_history_with_their_times(db: sqlite3.Connection) -> None:
    from atsn_tui.store import changes

    fill(db, task(1), task(2))
    for at, edit in ((2000, put(task(1, 2, "other"))), (3000, drop(2)), (4000, put(settings(9)))):
        changes.commit(db, GROUP, [edit], entry(at=at))

    def all_count(_: object) -> bool:
        return True

    assert glance.last_edits(db, GROUP, 0, all_count, 10) == {task_id(1): 2000, task_id(2): 3000}
    assert glance.last_edits(db, GROUP, 2, all_count, 10) == {task_id(2): 3000}
    assert glance.last_edits(db, GROUP, 0, lambda edit: edit.before is None, 10) == {
        task_id(1): 1000,
        task_id(2): 1000,
    }
    assert LOCAL.who == "ada"
