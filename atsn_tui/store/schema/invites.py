"""The table of invites."""

_INVITES = """
CREATE TABLE invites (
  id TEXT PRIMARY KEY,
  until INTEGER NOT NULL,
  used_by TEXT,
  body BLOB NOT NULL
)
"""

TABLES = (_INVITES,)
"""The statements, in order."""
