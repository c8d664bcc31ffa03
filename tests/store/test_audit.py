"""The audit log: every change has its entry, and nothing can be changed in it afterwards without being found."""

import sqlite3
from collections.abc import Callable

import pytest

from atsn_tui.errors import Refused
from atsn_tui.model import codec
from atsn_tui.model.peer import Link, Peer
from atsn_tui.model.run import GroupHere, Hold, Request
from atsn_tui.model.settings import Credential, Settings
from atsn_tui.store import (
    audit,
    audit_check,
    changes,
    groups,
    history,
    holds,
    links,
    node,
    peers,
    pruning,
    requests,
    standby,
)
from atsn_tui.store.acting import By, acting
from atsn_tui.store.audit import Head
from atsn_tui.store.changes import Edit
from atsn_tui.store.database import migrations
from tests.store.samples import GROUP, LOCAL, OTHER, drop, entry, fill, put, settings, task

SECRET = "hunter2-and-more"
PEER = Peer(id="p-1", name="web1", public_key="ssh-ed25519 AAAA")
LINK = Link(
    id="l-1", group_id=GROUP, group_name="g", peer_id="p-1", direction="push", mode="easy", position=1
)


def actions(db: sqlite3.Connection) -> list[str]:
    """All actions, oldest first."""
    return [row.action for row in audit.rows(db)][::-1]


def problems(db: sqlite3.Connection, kept: Head | None = None) -> list[int | None]:
    """The entries that are not as they were written."""
    return [problem.number for problem in audit_check.check(db, kept).problems]


def with_secret(value: str, modified: int) -> Edit:
    """The settings with that secret."""
    content = Settings(name="Replicated tasks", credentials={"db": Credential(user="u", secret=value)})
    return put(codec.record(GROUP, modified, content))


def lived_in(db: sqlite3.Connection) -> None:
    """A database in which all kinds of things happened, a group's change of its id among them."""
    fill(db, task(1), task(2))
    changes.commit(db, GROUP, [put(task(1, 5, "other")), drop(2)], entry(at=2000))
    changes.commit(db, GROUP, [with_secret(SECRET, 7)], entry(at=3000))
    peers.add(db, PEER)
    links.add(db, LINK)
    groups.rename_id(db, GROUP, OTHER, entry(at=4000))
    changes.commit(db, OTHER, [put(task(3, 9))], entry(at=5000))
    groups.remove_group(db, OTHER, entry(at=6000))


def writable(db: sqlite3.Connection) -> None:
    """What someone does first who has the file and ill will."""
    db.execute("DROP TRIGGER audit_is_not_changed")
    db.execute("DROP TRIGGER audit_is_not_deleted")


def test_a_log_that_nobody_touched_verifies(db: sqlite3.Connection) -> None:
    lived_in(db)
    checked = audit_check.check(db, audit.head(db))
    assert checked.problems == ()
    assert (checked.entries, checked.first, checked.head.number) == (9, 1, 9)


@pytest.mark.parametrize(
    ("change", "action"),
    [
        (lambda db: changes.commit(db, GROUP, [put(task(9))], entry()), "group.edit"),
        (lambda db: changes.commit(db, GROUP, [put(task(9))], entry("apply")), "group.apply"),
        (lambda db: changes.commit(db, GROUP, [put(task(9))], entry("import")), "group.import"),
        (lambda db: changes.commit(db, GROUP, [put(task(9))], entry("undo")), "group.undo"),
        (lambda db: groups.create_group(db, settings(1, "b", OTHER), True, LOCAL, entry()), "group.add"),
        (lambda db: groups.set_replicated(db, GROUP, False), "group.local"),
        (lambda db: groups.rename_id(db, GROUP, OTHER, entry()), "group.adopt"),
        (lambda db: groups.remove_group(db, GROUP, entry()), "group.remove"),
        (
            lambda db: groups.set_follow(db, GROUP, groups.Follow(peer_id="p-1", node_id="n", at=1)),
            "group.follow",
        ),
        (lambda db: standby.put(db, GROUP, GroupHere(standby=True)), "group.here"),
        (lambda db: peers.update(db, Peer(**{**_fields(PEER), "address": "h:1"})), "peer.change"),
        (lambda db: peers.bind_node_id(db, "p-1", "n-web1"), "peer.change"),
        (lambda db: links.update(db, Link(**{**_fields(LINK), "mode": "strict"})), "link.change"),
        (lambda db: links.remove(db, "l-1"), "link.remove"),
        (lambda db: peers.remove(db, "p-1"), "peer.remove"),
        (lambda db: holds.put(db, Hold(group_id=GROUP, who="ada", at=1)), "hold.add"),
        (
            lambda db: requests.add(db, Request(id="r", kind="run", who="ada", source="cli", at=1)),
            "request.run",
        ),
    ],
)
def test_every_change_has_its_entry(
    db: sqlite3.Connection, change: Callable[[sqlite3.Connection], object], action: str
) -> None:
    fill(db, task(1))
    peers.add(db, PEER)
    links.add(db, LINK)
    before = len(actions(db))
    with acting(By("ada", "a test")):
        change(db)
    assert action in actions(db)[before:]
    assert {(row.who) for row in audit.rows(db) if row.number > before} == {"ada"}
    assert problems(db) == []


def _fields(thing: Peer | Link) -> dict[str, object]:
    return {name: getattr(thing, name) for name in thing.__struct_fields__}


def test_what_changes_nothing_has_no_entry(db: sqlite3.Connection) -> None:
    fill(db, task(1))
    peers.add(db, PEER)
    links.add(db, LINK)
    before = actions(db)
    changes.commit(db, GROUP, [put(task(1))], entry())
    peers.update(db, PEER)
    links.update(db, LINK)
    standby.put(db, GROUP, GroupHere())
    groups.set_replicated(db, GROUP, True)
    assert holds.remove(db, GROUP) is False
    assert actions(db) == before


def test_a_peers_links_are_told_when_they_go_with_it(db: sqlite3.Connection) -> None:
    fill(db)
    peers.add(db, PEER)
    links.add(db, LINK)
    peers.remove(db, "p-1")
    assert actions(db)[-2:] == ["link.remove", "peer.remove"]
    gone = next(audit.rows(db))
    assert gone.before is not None
    assert "web1" in gone.before
    assert gone.after is None


OTHER_VALUES = {"number": 999, "at": 1, "seq": 77, "content": b"?" * 32, "hash": b"?" * 32}


@pytest.mark.parametrize("number", range(1, 10))
@pytest.mark.parametrize("column", [*audit.COLUMNS, "hash"])
def test_a_changed_value_is_found(db: sqlite3.Connection, number: int, column: str) -> None:
    lived_in(db)
    writable(db)
    value = OTHER_VALUES.get(column, "tampered")
    db.execute(f"UPDATE audit SET {column} = ? WHERE number = ?", (value, number))
    found = problems(db)
    assert found
    assert {number, number + 1, 999} & set(found)


@pytest.mark.parametrize("number", range(1, 9))
def test_a_removed_entry_is_found_where_it_stood(db: sqlite3.Connection, number: int) -> None:
    lived_in(db)
    writable(db)
    db.execute("DELETE FROM audit WHERE number = ?", (number,))
    assert problems(db)[0] == number + 1
    # Closing the gap does not help.
    db.execute("UPDATE audit SET number = -number WHERE number > ?", (number,))
    db.execute("UPDATE audit SET number = -number - 1 WHERE number < 0")
    assert problems(db)[0] == number


def test_exchanged_entries_are_found(db: sqlite3.Connection) -> None:
    lived_in(db)
    writable(db)
    db.execute("UPDATE audit SET number = 100 WHERE number = 4")
    db.execute("UPDATE audit SET number = 4 WHERE number = 5")
    db.execute("UPDATE audit SET number = 5 WHERE number = 100")
    assert problems(db)[0] == 4


def test_an_entry_that_was_put_in_is_found(db: sqlite3.Connection) -> None:
    lived_in(db)
    db.execute(
        "INSERT INTO audit SELECT 10, at, who, source, action, subject, name, group_id, peer_id, summary, seq,"
        " content, before, after, hash FROM audit WHERE number = 4"
    )
    assert problems(db) == [10]


def test_a_log_cut_off_at_its_end_is_found_by_the_history_and_by_a_head_kept_elsewhere(
    db: sqlite3.Connection,
) -> None:
    lived_in(db)
    holds.put(db, Hold(group_id=OTHER, who="ada", at=1))
    kept = audit.head(db)
    writable(db)
    db.execute("DELETE FROM audit WHERE number = 10")
    assert problems(db) == []  # a hold has no history: only the head tells
    assert problems(db, kept) == [10]
    db.execute("DELETE FROM audit WHERE number = 9")
    assert problems(db) == [None]


def test_a_log_written_anew_is_found_by_a_head_kept_elsewhere(db: sqlite3.Connection) -> None:
    lived_in(db)
    kept = audit.head(db)
    writable(db)
    rows = list(audit.rows(db))[::-1]
    db.execute("DELETE FROM audit")
    for row in rows:
        values = {name: getattr(row, name) for name in audit.Event.__struct_fields__}
        audit.add(db, audit.Event(**{**values, "who": "mallory"}))
    db.execute("UPDATE history SET who = 'mallory'")
    for number, _ in enumerate(rows, 1):
        assert audit.get(db, number) is not None
    assert kept.number in problems(db, kept)


HISTORY = ("seq", "at", "kind", "who", "source", "cycle", "summary", "digest", "records", "edits", "group_id")


@pytest.mark.parametrize("column", HISTORY)
@pytest.mark.parametrize("seq", [1, 3, 4, 6])
def test_a_changed_history_is_found(db: sqlite3.Connection, column: str, seq: int) -> None:
    lived_in(db)
    value = {"seq": 50, "at": 1, "records": 50, "digest": b"?" * 32, "edits": b"\x91\xc0"}.get(
        column, "tampered"
    )
    db.execute(f"UPDATE history SET {column} = ? WHERE seq = ?", (value, seq))
    assert problems(db)


def test_a_removed_commit_is_found(db: sqlite3.Connection) -> None:
    lived_in(db)
    db.execute("DELETE FROM history WHERE seq = 2")
    assert problems(db) == [2]


def test_a_group_changed_past_its_history_is_found(db: sqlite3.Connection) -> None:
    fill(db, task(1))
    db.execute("UPDATE groups SET digest = ?", (b"?" * 32,))
    assert problems(db) == [None]


def test_the_database_itself_refuses_to_change_or_delete_an_entry(db: sqlite3.Connection) -> None:
    lived_in(db)
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit WHERE number = 3"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            db.execute(statement)


def test_no_secret_stands_in_the_log_or_the_history_and_undoing_still_has_it(db: sqlite3.Connection) -> None:
    fill(db)
    changes.commit(db, GROUP, [with_secret(SECRET, 5)], entry())
    changes.commit(db, GROUP, [with_secret("another-one", 6)], entry())
    for table in ("audit", "history"):
        held = repr(db.execute(f"SELECT * FROM {table}").fetchall())
        assert SECRET not in held
        assert "another-one" not in held
    past = history.get_entry(db, GROUP, 3)
    assert past is not None
    before = past.edits[0].before
    assert before is not None
    assert codec.decode_settings(before.record.body).credentials["db"].secret == SECRET
    assert codec.fingerprint(before.record.body) == before.record.fingerprint


def test_a_forgotten_secret_is_empty_and_the_rest_is_there(db: sqlite3.Connection) -> None:
    fill(db)
    changes.commit(db, GROUP, [with_secret(SECRET, 5)], entry())
    db.execute("DELETE FROM kept_secrets")
    past = history.get_entry(db, GROUP, 2)
    assert past is not None
    assert past.edits[0].after is not None
    entry_ = codec.decode_settings(past.edits[0].after.record.body).credentials["db"]
    assert (entry_.user, entry_.secret) == ("u", None)
    assert problems(db) == []


def prune(db: sqlite3.Connection, before: int) -> int:
    """Prune; how many entries went."""
    planned = pruning.plan(db, before)
    assert planned is not None
    for step in pruning.steps(planned):
        step(db)
    pruning.forget_loose_secrets(db)
    return planned.entries


def test_pruning_keeps_the_rest_verifiable_and_the_newest_of_each_group(db: sqlite3.Connection) -> None:
    fill(db)
    for number in range(5):
        edit = with_secret(f"secret-{number}", 10 + number)
        changes.commit(db, GROUP, [edit], entry(at=2000 + number))
    groups.create_group(db, settings(1, "quiet", OTHER), True, LOCAL, entry(at=2003))
    assert prune(db, 2004) == 5
    checked = audit_check.check(db)
    assert checked.problems == ()
    assert checked.first == 6
    assert [row.seq for row in history.list_history(db, GROUP)] == [6]
    assert [row.seq for row in history.list_history(db, OTHER)] == [1]
    kept = {value for (value,) in db.execute("SELECT value FROM kept_secrets")}
    assert kept == {"secret-3", "secret-4"}
    changes.commit(db, GROUP, [put(task(1))], entry(at=2010))
    assert prune(db, 2005) == 2
    assert prune(db, 10**18) > 0
    assert audit_check.check(db).problems == ()


def a_long_past(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> pruning.Plan:
    """A log that takes several steps to be pruned."""
    monkeypatch.setattr(pruning, "ENTRIES", 3)
    monkeypatch.setattr(pruning, "COMMITS", 2)
    fill(db)
    for number in range(8):
        changes.commit(db, GROUP, [with_secret(f"secret-{number}", 10 + number)], entry(at=2000 + number))
    planned = pruning.plan(db, 10**18)
    assert planned is not None
    return planned


def test_pruning_that_is_killed_between_two_steps_leaves_a_log_that_verifies(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = list(pruning.steps(a_long_past(db, monkeypatch)))
    assert len(steps) > 5
    for number, step in enumerate(steps):
        step(db)
        assert problems(db) == []
        # Life goes on between them.
        changes.commit(db, GROUP, [put(task(number))], entry(at=3000 + number))
        assert problems(db) == []
    assert [row.seq for row in history.list_history(db, GROUP)][-1] == 9


def test_what_a_killed_pruning_left_goes_with_the_next_one(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in list(pruning.steps(a_long_past(db, monkeypatch)))[:4]:
        step(db)
    changes.commit(db, GROUP, [put(task(1))], entry(at=3000))
    prune(db, 10**18)
    assert problems(db) == []
    assert [row.seq for row in history.list_history(db, GROUP)] == [10]


def test_a_log_that_changed_after_it_was_verified_is_not_pruned_on(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = pruning.steps(a_long_past(db, monkeypatch))
    first(db)
    prune(db, 10**18)
    with pytest.raises(Refused, match="changed while it was pruned"):
        second(db)
    assert problems(db) == []


def test_what_begins_late_without_an_entry_that_says_so_is_found(db: sqlite3.Connection) -> None:
    lived_in(db)
    hash_of_two = audit.get(db, 2)
    assert hash_of_two is not None
    db.execute("UPDATE audit_base SET number = 2, hash = ?", (hash_of_two.hash,))
    db.execute("DELETE FROM audit WHERE number <= 2")
    assert None in problems(db)


def test_a_broken_log_is_not_pruned(db: sqlite3.Connection) -> None:
    lived_in(db)
    writable(db)
    db.execute("UPDATE audit SET who = 'x' WHERE number = 3")
    with pytest.raises(Refused, match="atsn audit --verify"):
        pruning.plan(db, 10**18)
    assert len(actions(db)) == 9


def test_a_history_from_before_the_log_comes_into_it_without_its_secrets() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    steps = {step.name: step for step in migrations.MIGRATIONS}
    for number, step in enumerate(migrations.MIGRATIONS, 1):
        if step.name == "audit":
            break
        migrations.take(db, number, step)
    node.put(db, "n-here", "s-here")
    _old_history(db)
    migrations.take(db, number, steps["audit"])
    assert actions(db) == ["audit.begin", "group.edit"]
    assert problems(db) == []
    assert SECRET not in repr(db.execute("SELECT * FROM history").fetchall())
    past = history.get_entry(db, GROUP, 1)
    assert past is not None
    assert past.edits[0].after is not None
    assert SECRET.encode() in past.edits[0].after.record.body


def _old_history(db: sqlite3.Connection) -> None:
    import msgspec

    record = with_secret(SECRET, 5).after
    assert record is not None
    half = [record.modified, record.body, record.fingerprint, {"who": "ada"}]
    edits = msgspec.msgpack.encode([["", None, half]])
    row = (GROUP, 1, 1000, "edit", "ada", "cli", None, "created", b"d" * 32, 1, edits)
    db.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
