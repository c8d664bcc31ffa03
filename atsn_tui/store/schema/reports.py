"""The tables that the migration `reports` makes: what was told of each link, and what keeps this node from telling."""

TABLES = (
    """
CREATE TABLE standings (
  link_id TEXT PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
  body BLOB NOT NULL
)
""",
    """
CREATE TABLE troubles (
  place TEXT PRIMARY KEY,
  since INTEGER NOT NULL,
  text TEXT NOT NULL
)
""",
)
"""The statements, in order."""
