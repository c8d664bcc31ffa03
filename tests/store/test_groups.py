"""Groups are made, found, followed, removed and adopted."""

import sqlite3

import pytest

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model.peer import Link, Peer
from atsn_tui.model.plan import Side
from atsn_tui.model.record import Head
from atsn_tui.store import changes, groups, heads, history, imports, links, peers, tasks
from atsn_tui.store.groups import Follow
from atsn_tui.store.imports import Imported
from atsn_tui.store.links import LinkState
from atsn_tui.store.tasks import TaskRow
from tests.store.samples import (
    GROUP,
    LOCAL,
    OTHER,
    check_kept,
    drop,
    entry,
    fill,
    put,
    settings,
    task,
    task_id,
)

FOLLOW = Follow(peer_id="p", node_id="n-hq", path=("n-top", "n-hq"), at=5)
LINK = Link(id="l", group_id=GROUP, group_name="Replicated tasks", peer_id="p", direction="push")
REMEMBERED = LinkState(last_at=1, next_at=2, primary=b"p" * 32, secondary=b"s" * 32, held=(b"h" * 32, None))


@pytest.fixture
def linked(db: sqlite3.Connection) -> sqlite3.Connection:
    fill(db, task(1, 4), task(2, 5))
    peers.add(db, Peer(id="p", name="hq", public_key="ssh-ed25519 AAAA"))
    links.add(db, LINK)
    links.set_state(db, "l", REMEMBERED)
    groups.set_follow(db, GROUP, FOLLOW)
    return db


def test_an_absent_group_is_absent_and_not_empty(db: sqlite3.Connection) -> None:
    assert groups.get_group(db, GROUP) is None
    assert groups.head(db, GROUP) is None
    assert groups.find_by_name(db, "Replicated tasks") == []
    assert groups.side(db, GROUP) == Side(GROUP, None, {}, None)
    with pytest.raises(NotFound, match=GROUP):
        groups.buckets(db, GROUP)


@pytest.mark.parametrize("replicated", [True, False])
def test_a_new_group_is_empty_and_has_its_history(db: sqlite3.Connection, replicated: bool) -> None:
    head = groups.create_group(db, settings(), replicated, LOCAL, entry())
    row = groups.get_group(db, GROUP)
    assert row is not None
    assert (row.name, row.replicated, row.tasks, row.sequence) == ("Replicated tasks", replicated, 0, 1)
    assert (row.settings, row.origin, row.follows) == (settings(), LOCAL, None)
    assert groups.find_by_name(db, "Replicated tasks") == [row] == groups.list_groups(db)
    assert head == Head("s-here", 1, row.digest) == groups.head(db, GROUP)
    check_kept(db)
    assert [past.seq for past in history.list_history(db, GROUP)] == [1]


def test_ids_and_names_are_taken_once(db: sqlite3.Connection) -> None:
    fill(db)
    with pytest.raises(BadInput, match=GROUP):
        groups.create_group(db, settings(2, "another"), True, LOCAL, entry())
    with pytest.raises(BadInput, match=f"named 'Replicated tasks' already .*{GROUP}"):
        groups.create_group(db, settings(group_id=OTHER), True, LOCAL, entry())


def test_being_replicated_is_outside_the_digest(db: sqlite3.Connection) -> None:
    head = fill(db)
    groups.set_replicated(db, GROUP, False)
    row = groups.get_group(db, GROUP)
    assert row is not None
    assert not row.replicated
    changes.commit(db, GROUP, [put(task(1))], entry())
    changes.commit(db, GROUP, [drop(1)], entry())
    row = groups.get_group(db, GROUP)
    assert row is not None
    assert not row.replicated
    assert row.digest == head.digest


def test_a_group_follows_one_node_or_none(linked: sqlite3.Connection) -> None:
    row = groups.get_group(linked, GROUP)
    assert row is not None
    assert row.follows == FOLLOW
    groups.set_follow(linked, GROUP, None)
    row = groups.get_group(linked, GROUP)
    assert row is not None
    assert row.follows is None


def test_some_buckets_give_their_rows_only(db: sqlite3.Connection) -> None:
    fill(db, *map(task, range(40)))
    by_bucket = {bucket: groups.rows(db, GROUP, [bucket]) for bucket in range(256)}
    every = [row for rows in by_bucket.values() for row in rows]
    assert sorted(every, key=lambda row: row.id) == groups.rows(db, GROUP, range(256))
    assert len(every) == 40


def test_tasks_are_found_by_prefix_in_every_group(db: sqlite3.Connection) -> None:
    fill(db, task(0x10), task(0x11), task(0x20))
    fill(db, task(0x11), group_id=OTHER, name="other")
    found = [(group, row.record.id) for group, row in tasks.find_by_prefix(db, "0000001")]
    assert found == [(GROUP, task_id(0x10)), (GROUP, task_id(0x11)), (OTHER, task_id(0x11))]


def test_tasks_are_got_by_id_whatever_else_is_asked_for(db: sqlite3.Connection) -> None:
    fill(db, task(1), task(2))
    assert tasks.get(db, GROUP, [task_id(2), task_id(9)]) == [TaskRow(task(2), LOCAL)]


def test_a_removed_group_leaves_history_floors_and_sequence(linked: sqlite3.Connection) -> None:
    db = linked
    groups.remove_group(db, GROUP, entry())

    assert groups.get_group(db, GROUP) is None
    assert tasks.list_tasks(db, GROUP) == []
    assert tasks.floor(db, GROUP, task_id(2)) == 5
    assert tasks.floor(db, GROUP, GROUP) == 1
    last = history.get_entry(db, GROUP, 2)
    assert last is not None
    assert last.digest is None
    assert {edit.id: edit.before and edit.before.record for edit in last.edits} == {
        GROUP: settings(),
        task_id(1): task(1, 4),
        task_id(2): task(2, 5),
    }
    assert all(edit.after is None for edit in last.edits)
    assert fill(db).sequence == 3
    row = groups.get_group(db, GROUP)
    assert row is not None
    assert row.follows is None


def test_links_of_a_removed_group_forget_its_state(linked: sqlite3.Connection) -> None:
    groups.remove_group(linked, GROUP, entry())
    assert links.get(linked, "l") == LINK
    assert links.get_state(linked, "l") == LinkState(last_at=1, next_at=2)


@pytest.mark.parametrize("call", [groups.remove_group, lambda db, id, _: groups.set_replicated(db, id, True)])
def test_what_is_not_there_is_not_found(db: sqlite3.Connection, call: object) -> None:
    with pytest.raises(NotFound, match=OTHER):
        call(db, OTHER, entry())  # type: ignore[operator]


def test_adopting_an_id_moves_all_that_the_group_has(linked: sqlite3.Connection) -> None:
    db = linked
    changes.commit(db, GROUP, [drop(1)], entry())
    origin = Imported(source="/etc/crontab", line=3, text="* * * * * true", derived=b"body")
    imports.put(db, GROUP, {task_id(2): origin})
    heads.set(db, "p", GROUP, Head("s", 1, b"d" * 32))

    head = groups.rename_id(db, GROUP, OTHER, entry())

    assert head == groups.head(db, OTHER)
    assert groups.get_group(db, GROUP) is None
    check_kept(db, OTHER)
    assert [row.record for row in tasks.list_tasks(db, OTHER)] == [task(2, 5)]
    assert tasks.floor(db, OTHER, task_id(1)) == 4
    assert tasks.floor(db, GROUP, task_id(1)) is None
    assert imports.list_imports(db, OTHER) == {task_id(2): origin}
    assert [past.seq for past in history.list_history(db, OTHER)] == [3, 2, 1]
    first = history.get_entry(db, OTHER, 1)
    assert first is not None
    assert first.edits[0].after == TaskRow(settings(group_id=OTHER), LOCAL)
    assert history.list_history(db, GROUP) == []
    assert [link.group_id for link in links.list_links(db)] == [OTHER]
    assert links.get_state(db, "l") == LinkState(last_at=1, next_at=2)
    row = groups.get_group(db, OTHER)
    assert row is not None
    assert row.follows is None
    assert heads.get(db, "p", GROUP) is None


def test_adopting_the_id_of_a_removed_group_goes_on_after_its_history(db: sqlite3.Connection) -> None:
    fill(db, task(1, 9), group_id=OTHER)
    groups.remove_group(db, OTHER, entry())
    fill(db, task(1, 2))
    changes.commit(db, GROUP, [drop(1)], entry())
    head = groups.rename_id(db, GROUP, OTHER, entry())
    assert head.sequence == 5
    assert [past.seq for past in history.list_history(db, OTHER)] == [5, 4, 3, 2, 1]
    assert tasks.floor(db, OTHER, task_id(1)) == 9
    check_kept(db, OTHER)


@pytest.mark.parametrize(("new", "says"), [(OTHER, "'other' has the id"), ("no-uuid", "is no UUID")])
def test_an_id_that_is_taken_or_none_is_not_adopted(db: sqlite3.Connection, new: str, says: str) -> None:
    fill(db)
    fill(db, group_id=OTHER, name="other")
    with pytest.raises(BadInput, match=says):
        groups.rename_id(db, GROUP, new, entry())


def test_a_group_that_is_not_there_adopts_nothing(db: sqlite3.Connection) -> None:
    with pytest.raises(NotFound, match=GROUP):
        groups.rename_id(db, GROUP, OTHER, entry())
