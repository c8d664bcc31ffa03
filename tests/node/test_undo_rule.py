"""Whatever was done to a group: undoing to any change gives back what stood there then, with later dates."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.model import codec
from atsn_tui.model.record import Record
from atsn_tui.model.settings import Credential, Settings
from atsn_tui.node.past import undoing
from atsn_tui.store import audit_check, changes, groups, history, past, tasks
from atsn_tui.store.changes import Edit
from tests.store.samples import FROM_PEER, GROUP, LOCAL, drop, entry, memory, put, task, task_id

State = dict[str, tuple[bytes, str]] | None
"""The content of every record with the kind of its origin; None: no group."""

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 4), st.sampled_from("abc"), st.booleans()),
        st.tuples(st.just("drop"), st.integers(0, 4)),
        st.tuples(st.just("settings"), st.sampled_from(["one", "two", None])),
        st.tuples(st.just("remove")),
        st.tuples(st.just("undo"), st.integers(0, 20)),
    ),
    max_size=14,
)


@contextmanager
def a_group() -> Iterator[sqlite3.Connection]:
    with closing(memory()) as db:
        groups.create_group(db, _settings("one", 1), True, LOCAL, entry())
        yield db


def _settings(secret: str | None, modified: int) -> Record:
    credentials = {"db": Credential(user="u", secret=secret)}
    return codec.record(GROUP, modified, Settings(name="g", credentials=credentials))


def state(db: sqlite3.Connection) -> State:
    row = groups.get_group(db, GROUP)
    if row is None:
        return None
    found = {each.record.id: (each.record.body, each.origin.kind) for each in tasks.list_tasks(db, GROUP)}
    return {**found, GROUP: (row.settings.body, row.origin.kind)}


def dates_of(db: sqlite3.Connection) -> dict[str, int]:
    row = groups.get_group(db, GROUP)
    assert row is not None
    found = {each.record.id: each.record.modified for each in tasks.list_tasks(db, GROUP)}
    return {**found, GROUP: row.settings.modified}


def undo(db: sqlite3.Connection, to: int) -> undoing.UndoView:
    shown = undoing.preview(db, GROUP, "g", to)
    return undoing.apply(db, shown, undoing.Doer(entry("undo", at=5), LOCAL))


def carry_out(db: sqlite3.Connection, step: tuple[object, ...], states: dict[int, State]) -> None:
    """One step, if it can be done now. Peers bring contents that nobody here has, so the origin tells."""
    now = 10 + history.last_sequence(db, GROUP)
    here = groups.get_group(db, GROUP) is not None
    match step:
        case ("put", int(number), str(name), bool(brought)) if here:
            record = task(number, now, f"{name}-{'hq' if brought else 'here'}")
            changes.commit(db, GROUP, [put(record, FROM_PEER if brought else LOCAL)], entry())
        case ("drop", int(number)) if here and tasks.get(db, GROUP, [task_id(number)]):
            changes.commit(db, GROUP, [drop(number)], entry())
        case ("settings", secret) if here:
            record = _settings(secret, now)  # type: ignore[arg-type]
            changes.commit(db, GROUP, [Edit(GROUP, record, LOCAL)], entry())
        case ("remove",) if here:
            groups.remove_group(db, GROUP, entry())
        case ("undo", int(to)) if to in states and states[to] is not None:
            undo(db, to)


@given(STEPS)
def test_undoing_to_any_change_gives_its_state_back_and_can_be_undone(
    steps: list[tuple[object, ...]],
) -> None:
    with a_group() as db:
        states = {1: state(db)}
        for step in steps:
            carry_out(db, step, states)
            states[history.last_sequence(db, GROUP)] = state(db)
        for to, then in list(states.items()):
            if then is None:
                continue
            before, last = state(db), history.last_sequence(db, GROUP)
            dates = dates_of(db) if before is not None else {}
            undo(db, to)
            assert state(db) == then
            changed = {each for each, record in then.items() if before is None or before.get(each) != record}
            assert all(dates_of(db)[each] > dates.get(each, 0) for each in changed)
            floors = {each: tasks.floor(db, GROUP, each) or 0 for each in then}
            assert all(dates_of(db)[each] > floors[each] for each in changed)
            if before is not None:
                undo(db, last)
                assert state(db) == before
        assert audit_check.check(db).problems == ()


def test_the_difference_of_two_states_is_their_difference_and_not_their_history() -> None:
    with a_group() as db:
        changes.commit(db, GROUP, [put(task(1, 2, "a"))], entry())
        changes.commit(db, GROUP, [put(task(2, 3, "b"))], entry())
        changes.commit(db, GROUP, [drop(1)], entry())
        assert [edit.id for edit in past.between(db, GROUP, 1, 4)] == [task_id(2)]
        assert {edit.id for edit in past.between(db, GROUP, 2, 4)} == {task_id(1), task_id(2)}
        assert past.between(db, GROUP, 4, 4) == []


def test_what_a_peer_brought_stays_a_peers_after_an_undo() -> None:
    with a_group() as db:
        changes.commit(db, GROUP, [put(task(1, 2, "theirs"), FROM_PEER)], entry("apply"))
        changes.commit(db, GROUP, [put(task(1, 3, "ours"))], entry())
        undo(db, 2)
        assert tasks.get(db, GROUP, [task_id(1)])[0].origin == FROM_PEER
