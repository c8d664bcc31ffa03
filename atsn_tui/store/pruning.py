"""Forgetting old history in small steps. The log keeps entries that say so, with which the rest can be verified.

Each step is one short transaction, so that others can write between them; after every one the log verifies.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from msgspec import Struct

from atsn_tui.errors import Refused
from atsn_tui.store import audit, config_seen, history, kept_secrets
from atsn_tui.store.audit import Head
from atsn_tui.store.audit_check import check

ENTRIES = 2000
"""Entries of the log that are forgotten in one step."""

COMMITS = 500
"""Commits of the history that are forgotten in one step: what they hold can be long."""

Step = Callable[[sqlite3.Connection], object]
Commit = tuple[str, int, bytes]
"""A group's id, a sequence, and the hash by which the log knows it."""


class Plan(Struct, frozen=True):
    """What is to be forgotten of a log that was verified."""

    base: Head
    """What the log begins after now."""
    last: Head
    """The newest entry that goes."""
    commits: tuple[Commit, ...]

    @property
    def entries(self) -> int:
        """How many entries go."""
        return self.last.number - self.base.number


def plan(db: sqlite3.Connection, before: int) -> Plan | None:
    """What is older than that moment in µs, in the log and in the history; None if nothing is.

    The newest commit of each group stays. Refused if the log does not verify: then it is evidence. It takes seconds
    where the log is long.
    """
    base, last = audit.base(db), _last(db, before)
    if last.number <= base.number:
        return None
    found = check(db).problems
    if found:
        raise Refused(
            f"the audit log does not verify ({found[0].text}), so nothing of it is forgotten; see all of it with:"
            " atsn audit --verify"
        )
    return Plan(base, last, tuple(_commits(db, last.number)))


def steps(planned: Plan) -> Iterator[Step]:
    """The transactions that do it, in their order: entries first, for an entry without its commit is a forgery."""
    for begin in range(planned.base.number, planned.last.number, ENTRIES):
        end = min(begin + ENTRIES, planned.last.number)
        yield partial(_forget_entries, last=planned.last, begin=begin, end=end)
    for place in range(0, len(planned.commits), COMMITS):
        yield partial(_forget_commits, commits=planned.commits[place : place + COMMITS])


def has_loose_secrets(db: sqlite3.Connection) -> bool:
    """Whether there is a secret that no commit refers to any more."""
    return not kept_secrets.references(db) <= _wanted(db)


def forget_loose_secrets(db: sqlite3.Connection) -> None:
    """Forget those secrets."""
    kept_secrets.forget_others(db, _wanted(db))


def _last(db: sqlite3.Connection, before: int) -> Head:
    found = db.execute(
        "SELECT number, hash FROM audit WHERE number ="
        " (SELECT coalesce((SELECT min(number) - 1 FROM audit WHERE at >= ?), (SELECT max(number) FROM audit)))",
        (before,),
    ).fetchone()
    return audit.base(db) if found is None else Head(*found)


def _commits(db: sqlite3.Connection, last: int) -> Iterator[Commit]:
    """The commits that no entry behind the last one attests, all but the newest of each group."""
    attested = db.execute("SELECT content FROM audit WHERE number > ? AND content IS NOT NULL", (last,))
    kept = {content for (content,) in attested}
    newest = dict(db.execute("SELECT group_id, max(seq) FROM history GROUP BY group_id"))
    for group_id, seq, content in history.contents(db):
        if content not in kept and seq != newest[group_id]:
            yield group_id, seq, content


def _forget_entries(db: sqlite3.Connection, last: Head, begin: int, end: int) -> None:
    """Forget the entries behind one up to another. Refused if this is no longer the log that was verified."""
    known = audit.get(db, last.number)
    if audit.base(db).number != begin or known is None or known.hash != last.hash:
        raise Refused("the audit log was changed while it was pruned: nothing more of it is forgotten now")
    base = Head(end, db.execute("SELECT hash FROM audit WHERE number = ?", (end,)).fetchone()[0])
    db.execute("UPDATE audit_base SET number = ?, hash = ?", (base.number, base.hash))
    db.execute("DELETE FROM audit WHERE number <= ?", (base.number,))
    told = {"number": base.number, "hash": base.hash.hex()}
    audit.note(db, "audit.prune", "", "", after=told, summary=f"{end - begin} entries, up to {end}")


def _forget_commits(db: sqlite3.Connection, commits: Sequence[Commit]) -> None:
    """Forget those that are what they were; a group may have taken another id meanwhile."""
    for group_id, seq, content in commits:
        if history.content(db, group_id, seq) == content and seq < history.last_sequence(db, group_id):
            db.execute("DELETE FROM history WHERE group_id = ? AND seq = ?", (group_id, seq))


def _wanted(db: sqlite3.Connection) -> set[str]:
    return history.references(db) | config_seen.references(db)
