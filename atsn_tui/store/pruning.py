"""Forgetting old history. The log keeps an entry that says so, with which the rest can still be verified."""

import sqlite3

from atsn_tui.errors import Refused
from atsn_tui.store import audit, config_seen, history, kept_secrets
from atsn_tui.store.audit import Head
from atsn_tui.store.audit_check import check


def prune(db: sqlite3.Connection, before: int) -> int:
    """Forget what is older than that moment in µs, in the log and in the history; how many entries.

    The newest commit of each group stays. Secrets that no commit refers to any more are forgotten, too.
    Refused if the log does not verify: then it is evidence.
    """
    first_kept = db.execute("SELECT min(number) FROM audit WHERE at >= ?", (before,)).fetchone()[0]
    last = audit.head(db).number if first_kept is None else first_kept - 1
    old = audit.base(db)
    if last <= old.number:
        return 0
    found = check(db).problems
    if found:
        raise Refused(
            f"the audit log does not verify ({found[0].text}), so nothing of it is forgotten; see all of it with:"
            " atsn audit --verify"
        )
    base = Head(last, db.execute("SELECT hash FROM audit WHERE number = ?", (last,)).fetchone()[0])
    db.execute("UPDATE audit_base SET number = ?, hash = ?", (base.number, base.hash))
    db.execute("DELETE FROM audit WHERE number <= ?", (base.number,))
    told = {"number": base.number, "hash": base.hash.hex()}
    count = base.number - old.number
    audit.note(db, "audit.prune", "", "", after=told, summary=f"{count} entries, up to {base.number}")
    _forget_commits(db)
    kept_secrets.forget_others(db, history.references(db) | config_seen.references(db))
    return count


def _forget_commits(db: sqlite3.Connection) -> None:
    kept = {content for (content,) in db.execute("SELECT content FROM audit WHERE content IS NOT NULL")}
    newest = dict(db.execute("SELECT group_id, max(seq) FROM history GROUP BY group_id"))
    gone = [
        (group_id, seq)
        for group_id, seq, content in history.contents(db)
        if content not in kept and seq != newest[group_id]
    ]
    db.executemany("DELETE FROM history WHERE group_id = ? AND seq = ?", gone)
