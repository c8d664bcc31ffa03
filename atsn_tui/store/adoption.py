"""Giving a group another UUID, so that it becomes one with a group that was made elsewhere."""

import sqlite3

import msgspec
from msgspec.structs import replace

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model import text
from atsn_tui.model.record import Head
from atsn_tui.store import history, instants, intake, links, node
from atsn_tui.store.history import Commit, Entry
from atsn_tui.store.state import load, save


def rename_id(db: sqlite3.Connection, old: str, new: str, entry: Entry) -> Head:
    """Give the group `old` the UUID `new`: tasks, history, imports and floors move, and it gets a new digest.

    Its links go along but forget what they remember of its state; it follows nobody any more; what peers
    showed of `old` is forgotten. If a removed group had the id `new`, its history comes first. An entry
    without records is added to the history. NotFound: no group `old`; BadInput: there is a group `new`.
    """
    state = load(db, old)
    if state is None:
        raise NotFound(f"there is no group with the id {old}: atsn group list shows those there are")
    _check_free(db, new)
    earlier = history.last_sequence(db, new)
    db.execute("UPDATE groups SET id = ? WHERE id = ?", (new, old))
    db.execute("UPDATE history SET group_id = ?, seq = seq + ? WHERE group_id = ?", (new, earlier, old))
    _move_floors(db, old, new)
    db.execute("UPDATE OR REPLACE imports SET group_id = ? WHERE group_id = ?", (new, old))
    db.execute("DELETE FROM follows WHERE group_id = ?", (new,))
    db.execute("DELETE FROM heads WHERE group_id = ?", (old,))
    links.move(db, old, new)
    instants.move(db, old, new)
    intake.move(db, old, new)
    settings = replace(state.settings, record=replace(state.settings.record, id=new))
    after = replace(state, settings=settings, sequence=earlier + state.sequence + 1).sealed()
    save(db, after)
    commit = Commit(
        group_id=new,
        seq=after.sequence,
        entry=entry,
        digest=after.digest,
        edits=(),
        action="group.adopt",
        name=after.name,
        before=msgspec.json.encode({"id": old}).decode(),
        after=msgspec.json.encode({"id": new, "shift": earlier}).decode(),
    )
    history.add(db, commit)
    return Head(node.store_id(db), after.sequence, after.digest)


def _check_free(db: sqlite3.Connection, new: str) -> None:
    try:
        text.check_id(new)
    except ValueError as error:
        raise BadInput(str(error)) from error
    taken = load(db, new)
    if taken is not None:
        raise BadInput(
            f"group {taken.name!r} has the id {new} already: remove or rename one of the two first"
        )


def _move_floors(db: sqlite3.Connection, old: str, new: str) -> None:
    db.execute(
        "INSERT INTO floors (group_id, id, modified)"
        " SELECT ?, CASE id WHEN group_id THEN ? ELSE id END, modified FROM floors WHERE group_id = ?"
        " ON CONFLICT DO UPDATE SET modified = max(modified, excluded.modified)",
        (new, new, old),
    )
    db.execute("DELETE FROM floors WHERE group_id = ?", (old,))
