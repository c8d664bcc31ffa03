"""Why due times did not run. Equal decisions in a row are one record: a disabled job of each minute floods nothing."""

import sqlite3

import msgspec
from msgspec.structs import replace

from atsn_tui.model.run import Decision
from atsn_tui.store import instants

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Decision)


def add(db: sqlite3.Connection, decision: Decision) -> Decision:
    """Record a decision, or count it to the task's latest one if that says the same; what is stored then."""
    before = _latest(db, decision)
    if before is None:
        number = db.execute(
            "INSERT INTO decisions (group_id, task_id, at, body) VALUES (?, ?, ?, ?)",
            (decision.group_id, decision.task_id, decision.at, _encoder.encode(decision)),
        ).lastrowid
        assert number is not None, "an insert has a row id"
        instants.set_decision(db, decision.group_id, decision.task_id, number)
        return replace(decision, number=number)
    together = replace(
        before,
        path=decision.path,
        first=min(before.first, decision.first),
        last=max(before.last, decision.last),
        at=decision.at,
        count=before.count + decision.count,
        exact=before.exact and decision.exact,
    )
    db.execute(
        "UPDATE decisions SET at = ?, body = ? WHERE number = ?",
        (together.at, _encoder.encode(together), before.number),
    )
    return together


def note(db: sqlite3.Connection, decision: Decision) -> None:
    """Record a decision that holds until something changes, unless it was the latest already."""
    if _latest(db, decision) is None:
        add(db, decision)


def list_decisions(
    db: sqlite3.Connection,
    group_id: str | None = None,
    task_id: str | None = None,
    *,
    since: int | None = None,
    limit: int | None = None,
) -> list[Decision]:
    """Decisions about a task, a group or all, newest first; `since`: only those made at that moment or later."""
    wanted = [("group_id = ?", group_id), ("task_id = ?", task_id), ("at >= ?", since)]
    given = [(clause, value) for clause, value in wanted if value is not None]
    where = " AND ".join(clause for clause, _ in given) or "1"
    found = db.execute(
        f"SELECT number, group_id, body FROM decisions WHERE {where} ORDER BY number DESC LIMIT ?",  # noqa: S608
        (*(value for _, value in given), -1 if limit is None else limit),
    )
    return [
        replace(_decoder.decode(body), number=number, group_id=of_group) for number, of_group, body in found
    ]


def prune(db: sqlite3.Connection, group_id: str, task_id: str, keep: int) -> None:
    """Keep only the task's latest `keep` decisions."""
    db.execute(
        "DELETE FROM decisions WHERE group_id = ? AND task_id = ? AND number <="
        " (SELECT number FROM decisions WHERE group_id = ? AND task_id = ?"
        " ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (group_id, task_id, group_id, task_id, keep),
    )


def prune_all(db: sqlite3.Connection, before: int, keep: int) -> None:
    """Drop decisions made before a moment, and of all but the latest `keep`."""
    db.execute("DELETE FROM decisions WHERE at < ?", (before,))
    db.execute(
        "DELETE FROM decisions WHERE number <="
        " (SELECT number FROM decisions ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (keep,),
    )


def _latest(db: sqlite3.Connection, decision: Decision) -> Decision | None:
    """The decision that a new one is counted to; None if the task ran since, or it says something else."""
    found = db.execute(
        "SELECT d.number, d.body FROM timings t JOIN decisions d ON d.number = t.decision"
        " WHERE t.group_id = ? AND t.task_id = ?",
        (decision.group_id, decision.task_id),
    ).fetchone()
    if found is None:
        return None
    before = replace(_decoder.decode(found[1]), number=found[0])
    same = (before.kind, before.text, before.trigger) == (decision.kind, decision.text, decision.trigger)
    return before if same else None
