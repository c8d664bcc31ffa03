"""Commit is the one road: base and promise are kept, or nothing changes at all."""

import sqlite3
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import AtsnError, BadInput, Moved, NotFound, Refused
from atsn_tui.merge import plan
from atsn_tui.model.plan import Mode
from atsn_tui.model.record import Record
from atsn_tui.store import changes, groups, history, tasks
from atsn_tui.store.changes import LATEST, Edit
from tests.store.samples import (
    FROM_PEER,
    GROUP,
    LOCAL,
    OTHER,
    check_kept,
    drop,
    dump,
    entry,
    fill,
    memory,
    put,
    settings,
    task,
    task_id,
)

records = st.builds(task, st.integers(1, 6), st.integers(1, 3), st.sampled_from(["backup", "report"]))
edits = st.one_of(
    records.map(put),
    st.integers(1, 6).map(drop),
    st.builds(settings, st.integers(1, 3), st.sampled_from(["one", "two"])).map(put),
)


@given(st.lists(st.lists(edits, unique_by=lambda edit: edit.id)))
def test_the_digest_is_kept_as_a_full_recomputation_would_give_it(commits: list[list[Edit]]) -> None:
    db = memory()
    fill(db)
    expected: dict[str, Record] = {GROUP: settings()}
    for batch in commits:
        head = changes.commit(db, GROUP, batch, entry())
        expected.update({edit.id: edit.after for edit in batch if edit.after})
        for edit in batch:
            if edit.after is None:
                expected.pop(edit.id, None)
        assert head == groups.head(db, GROUP)
        check_kept(db)
    row = groups.get_group(db, GROUP)
    assert row is not None
    assert {each.record.id: each.record for each in tasks.list_tasks(db, GROUP)} | {
        GROUP: row.settings
    } == expected


@given(
    st.lists(records, unique_by=lambda record: record.id),
    st.none() | st.lists(records, unique_by=lambda record: record.id),
    st.sampled_from(["easy", "strict"]),
)
def test_a_plan_applied_by_commit_gives_the_promised_digest(
    ours: list[Record], theirs: list[Record] | None, mode: Mode
) -> None:
    primary, secondary = memory(), memory()
    fill(primary, *ours)
    if theirs is not None:
        fill(secondary, *theirs)
    planned = plan(groups.side(primary, GROUP), groups.side(secondary, GROUP), mode)
    content = {GROUP: settings()} | {record.id: record for record in ours}
    batch = [Edit(each.id, content[each.id] if each.after else None, FROM_PEER) for each in planned.changes]

    head = changes.commit(secondary, GROUP, batch, entry("apply"), base=planned.base, promise=planned.promise)

    assert head.digest == planned.promise
    check_kept(secondary)
    assert plan(groups.side(primary, GROUP), groups.side(secondary, GROUP), mode).empty
    if mode == "strict":
        assert head.digest == planned.primary


def _base_is_another(db: sqlite3.Connection) -> None:
    changes.commit(db, GROUP, [put(task(1, 2))], entry(), base=b"?" * 32)


def _base_is_absence(db: sqlite3.Connection) -> None:
    changes.commit(db, GROUP, [put(settings(2))], entry(), base=None)


def _base_of_a_missing_group(db: sqlite3.Connection) -> None:
    changes.commit(db, OTHER, [put(task(1, 2))], entry(), base=b"?" * 32)


def _promise_is_another(db: sqlite3.Connection) -> None:
    changes.commit(db, GROUP, [put(task(1, 2)), drop(2)], entry(), promise=b"?" * 32)


def _promise_of_no_change(db: sqlite3.Connection) -> None:
    changes.commit(db, GROUP, [put(task(1))], entry(), promise=b"?" * 32)


def _promise_of_a_new_group(db: sqlite3.Connection) -> None:
    changes.commit(db, OTHER, [put(settings(2, "new", OTHER))], entry(), base=None, promise=b"?" * 32)


@pytest.mark.parametrize(
    "attempt",
    [
        _base_is_another,
        _base_is_absence,
        _base_of_a_missing_group,
        _promise_is_another,
        _promise_of_no_change,
        _promise_of_a_new_group,
    ],
)
def test_moved_leaves_every_byte_as_it_was(
    db: sqlite3.Connection, attempt: Callable[[sqlite3.Connection], None]
) -> None:
    fill(db, task(1), task(2))
    before = dump(db)
    with pytest.raises(Moved, match="nothing was applied"):
        attempt(db)
    assert dump(db) == before


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (Edit(GROUP, None, LOCAL), "settings of group .* cannot be deleted"),
        (Edit(task_id(2), task(1), LOCAL), "cannot stand in the place of"),
        (put(task(1, LATEST + 1)), "no possible date"),
        (put(settings(2, "taken")), "named 'taken' already"),
    ],
)
def test_bad_edits_are_refused_and_change_nothing(db: sqlite3.Connection, edit: Edit, says: str) -> None:
    fill(db, group_id=OTHER, name="taken")
    fill(db)
    before = dump(db)
    with pytest.raises(BadInput, match=says):
        changes.commit(db, GROUP, [edit, put(task(3))], entry())
    assert dump(db) == before


def test_one_commit_changes_a_record_once(db: sqlite3.Connection) -> None:
    fill(db)
    with pytest.raises(BadInput, match="twice"):
        changes.commit(db, GROUP, [put(task(1)), drop(1)], entry())


def test_a_group_comes_with_its_settings(db: sqlite3.Connection) -> None:
    with pytest.raises(BadInput, match="without its settings"):
        changes.commit(db, GROUP, [put(task(1))], entry(), base=None)


def test_an_unknown_group_is_not_found(db: sqlite3.Connection) -> None:
    with pytest.raises(NotFound, match=GROUP):
        changes.commit(db, GROUP, [put(task(1))], entry())


@pytest.mark.parametrize(("kind", "error"), [("apply", Refused), ("import", BadInput)])
def test_a_replicated_name_that_is_taken_is_refused_with_the_command_that_adopts(
    db: sqlite3.Connection, kind: str, error: type[AtsnError]
) -> None:
    fill(db, group_id=OTHER, name="my jobs")
    with pytest.raises(error) as caught:
        changes.commit(db, GROUP, [put(settings(1, "my jobs"))], entry(kind), base=None)
    assert OTHER in caught.value.message
    assert (f"atsn group adopt 'my jobs' {GROUP}" in caught.value.message) == (kind == "apply")
    assert groups.get_group(db, GROUP) is None


def test_names_differ_by_case(db: sqlite3.Connection) -> None:
    fill(db, group_id=OTHER, name="jobs")
    fill(db, name="Jobs")
    assert [row.name for row in groups.list_groups(db)] == ["Jobs", "jobs"]


def test_edits_that_change_nothing_leave_no_trace(db: sqlite3.Connection) -> None:
    head = fill(db, task(1))
    before = dump(db)
    assert changes.commit(db, GROUP, [put(task(1), FROM_PEER), drop(2), put(settings())], entry()) == head
    assert dump(db) == before


def test_each_commit_counts_one_and_records_before_and_after(db: sqlite3.Connection) -> None:
    fill(db, task(1), task(2))
    batch = [put(task(1, 5), FROM_PEER), drop(2), put(task(3)), put(settings(9, "new")), put(task(4))]
    head = changes.commit(db, GROUP, batch, entry("apply"))

    assert head.sequence == 2
    found = history.get_entry(db, GROUP, 2)
    assert found is not None
    assert found.entry == entry("apply")
    assert found.digest == head.digest
    by_id = {edit.id: edit for edit in found.edits}
    assert by_id.keys() == {edit.id for edit in batch}
    assert by_id[task_id(1)].before == tasks.TaskRow(task(1), LOCAL)
    assert by_id[task_id(1)].after == tasks.TaskRow(task(1, 5), FROM_PEER)
    assert by_id[task_id(2)].after is None
    assert by_id[task_id(3)].before is None
    assert by_id[GROUP].before == tasks.TaskRow(settings(), LOCAL)


def test_deleted_ids_keep_their_latest_date_as_floor(db: sqlite3.Connection) -> None:
    fill(db, task(1, 7))
    assert tasks.floor(db, GROUP, task_id(1)) is None
    changes.commit(db, GROUP, [drop(1)], entry())
    assert tasks.floor(db, GROUP, task_id(1)) == 7
    changes.commit(db, GROUP, [put(task(1, 3))], entry("apply"))
    changes.commit(db, GROUP, [drop(1)], entry())
    assert tasks.floor(db, GROUP, task_id(1)) == 7


def test_a_commit_that_fails_and_is_caught_has_written_nothing(db: sqlite3.Connection) -> None:
    fill(db, task(1))
    db.execute("BEGIN IMMEDIATE")
    with pytest.raises(Moved):
        changes.commit(db, GROUP, [put(task(2))], entry(), promise=b"?" * 32)
    db.execute("COMMIT")
    check_kept(db)
    assert [each.record for each in tasks.list_tasks(db, GROUP)] == [task(1)]
