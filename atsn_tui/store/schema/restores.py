"""The table of the migration `restores`. As with the others: later migrations change it, this file stays."""

# `made_at` is when the backup was made; `store_id` is the id of the database that it was a copy of.
TABLES = (
    """
CREATE TABLE restores (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  store_id TEXT NOT NULL,
  new_identity INTEGER NOT NULL
)
""",
)
