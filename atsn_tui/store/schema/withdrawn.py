"""The table of the migration `withdrawn`. As with the others: later migrations change it, this file stays."""

TABLES = (
    """
CREATE TABLE withdrawn (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  peer_id TEXT NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  proposal TEXT NOT NULL
)
""",
    "CREATE INDEX withdrawn_by_peer ON withdrawn (peer_id, proposal)",
)
"""The statements, in order."""
