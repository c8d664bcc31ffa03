"""What a database must know when it has come back from a backup, so that nothing is told or done twice.

It gets a new id: its history went back, and under the old id its next changes would be taken for those that the
old one made after the backup.
"""

import sqlite3

from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.model.dates import format_date
from atsn_tui.model.run import Hold
from atsn_tui.model.text import new_id
from atsn_tui.store import audit, holds, instants, node, requests, runs

REASON = "the node was restored from a backup that was made while it was on its way"


class Restore(Struct, frozen=True):
    """When the database came back, and from which moment."""

    at: int
    """In µs, as `made_at`."""
    made_at: int
    new_identity: bool


class Boot(Struct, frozen=True):
    """A boot of the machine."""

    id: str
    at: int
    """In µs."""


class Cleared(Struct, frozen=True, kw_only=True):
    """What was on its way when the backup was made, and is not taken up again."""

    runs: int
    requests: int
    mails: int


def last(db: sqlite3.Connection) -> Restore | None:
    """The latest restore, if this database ever came from a backup."""
    found = db.execute(
        "SELECT at, made_at, new_identity FROM restores ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return None if found is None else Restore(found[0], found[1], bool(found[2]))


def take_up(
    db: sqlite3.Connection,
    made_at: int,
    now: int,
    *,
    new_identity: bool,
    name: str = "",
    spent: Boot | None = None,
) -> Cleared:
    """Make the database go on at `now`, in µs, from a copy that was made at `made_at`.

    Every time that was due until now counts as handled: whether it ran after the backup is not known, and nothing
    may run twice; so does `@reboot` under the present boot, if that is `spent`. A `new_identity` makes it another
    node's, which is held, because the first one runs the same tasks.
    """
    before = node.store_id(db)
    db.execute("UPDATE node SET store_id = ?", (new_id(),))
    if new_identity:
        db.execute("UPDATE node SET node_id = ?", (new_id(),))
        holds.put(
            db, Hold(at=now, note=f"a copy of {name}: release it when the two do not run the same tasks")
        )
    db.execute(
        "INSERT INTO restores (at, made_at, store_id, new_identity) VALUES (?, ?, ?, ?)",
        (now, made_at, before, new_identity),
    )
    audit.note(
        db,
        "node.copy" if new_identity else "node.restore",
        node.node_id(db),
        name,
        summary=f"from what it was on {format_date(made_at)}; before, its database was {before}",
        before={"store_id": before},
        after={"store_id": node.store_id(db), "made_at": made_at, "new_identity": new_identity},
    )
    _handle_all(db, now, spent)
    # Whether an invite was used after the backup is not known, and it is good for once only.
    db.execute("DELETE FROM invites WHERE used_by IS NULL OR ?", (new_identity,))
    return Cleared(runs=_end_runs(db, now), requests=_drop_requests(db), mails=_drop_mails(db))


def _handle_all(db: sqlite3.Connection, now: int, spent: Boot | None) -> None:
    keys = db.execute(
        "SELECT group_id, id FROM tasks UNION SELECT group_id, task_id FROM instants"
    ).fetchall()
    db.execute("DELETE FROM instants WHERE until <= ?", (now,))
    db.executemany(
        "INSERT OR REPLACE INTO instants (group_id, task_id, since, until) VALUES (?, ?, 0, ?)",
        [(group_id, task_id, now) for group_id, task_id in keys],
    )
    if spent is not None:
        # What waits for some time after the start counts from the boot then: it is still ahead, or it is handled.
        instants.first_start(db, spent.id, spent.at)
        for key in keys:
            instants.set_boot(db, key, spent.id, now)


def _end_runs(db: sqlite3.Connection, now: int) -> int:
    active = runs.active(db)
    for kept in active:
        runs.change(db, replace(kept.run, state="unknown", reason=REASON, ended=now))
    # Their ends, and those that were not yet told when the backup was made, are old news.
    db.execute("UPDATE runs SET reported = 1, task = NULL WHERE reported = 0")
    return len(active)


def _drop_requests(db: sqlite3.Connection) -> int:
    kinds = {row[0] for row in db.execute("SELECT DISTINCT kind FROM requests").fetchall()}
    waiting = requests.waiting(db, kinds)
    for request in waiting:
        requests.answer(db, request, "the node was restored from a backup: ask again", refused=True)
    return len(waiting)


def _drop_mails(db: sqlite3.Connection) -> int:
    return db.execute("DELETE FROM outbox WHERE state = 'waiting'").rowcount
