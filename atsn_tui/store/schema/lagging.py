"""The table of the migration `lagging`. As with the others: later migrations change it, this file stays."""

# `at` is when the peer last asked and lacked something.
TABLES = (
    """
CREATE TABLE lagging (
  peer_id TEXT NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE ON UPDATE CASCADE,
  at INTEGER NOT NULL,
  PRIMARY KEY (peer_id, group_id)
) WITHOUT ROWID
""",
)
"""The statements, in order."""
