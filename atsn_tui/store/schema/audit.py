"""The tables of the migration `audit`, and how the history from before comes into the log.

As with the others: later migrations change these tables, this file stays.
"""

import os
import sqlite3
import time

from atsn_tui.store import audit, history

# Nothing is ever changed here, and nothing deleted but what `audit_base` says was pruned.
_AUDIT = """
CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  source TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  name TEXT NOT NULL,
  group_id TEXT NOT NULL,
  peer_id TEXT NOT NULL,
  summary TEXT NOT NULL,
  seq INTEGER,
  content BLOB,
  before TEXT,
  after TEXT,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
)
"""

_BASE = """
CREATE TABLE audit_base (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
)
"""

_NO_CHANGE = """
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is only ever added to'); END
"""

_NO_DELETION = """
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
WHEN OLD.number > (SELECT number FROM audit_base)
BEGIN SELECT raise(ABORT, 'the audit log is only ever added to'); END
"""

_SECRETS = """
CREATE TABLE kept_secrets (
  ref TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID
"""

_SECRETS_KEY = """
CREATE TABLE kept_secrets_key (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  key BLOB NOT NULL
)
"""

_INTAKE = """
CREATE TABLE intake_pauses (
  group_id TEXT PRIMARY KEY,
  body BLOB NOT NULL
)
"""

_CONFIG = """
CREATE TABLE config_seen (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  hash BLOB NOT NULL,
  options TEXT NOT NULL
)
"""

TABLES = (_AUDIT, _BASE, _NO_CHANGE, _NO_DELETION, _SECRETS, _SECRETS_KEY, _INTAKE, _CONFIG)
"""The statements, in order."""


def migrate(db: sqlite3.Connection) -> None:
    """Make the tables; take secrets out of the history, and begin the log with what the history knows."""
    for statement in TABLES:
        db.execute(statement)
    db.execute("INSERT INTO audit_base (one, number, hash) VALUES (1, 0, ?)", (audit.BEGINNING,))
    db.execute("INSERT INTO kept_secrets_key (one, key) VALUES (1, ?)", (os.urandom(32),))
    known = db.execute("SELECT group_id, seq FROM history ORDER BY at, group_id, seq").fetchall()
    if not known:
        return
    audit.add(
        db,
        audit.Event(
            at=time.time_ns() // 1000,
            who="ATSN",
            source="migration",
            action="audit.begin",
            summary=f"the log begins here; the next {len(known)} entries are the history from before",
        ),
    )
    for group_id, seq in known:
        history.take_in(db, group_id, seq)
