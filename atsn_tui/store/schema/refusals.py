"""The table of refusals: one row for each peer, and one for all strangers."""

_REFUSALS = """
CREATE TABLE refusals (
  peer_id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  address TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL
)
"""

# Strangers have a row without a peer, so it is no reference.
_FORGET = """
CREATE TRIGGER forget_refusals AFTER DELETE ON peers
BEGIN DELETE FROM refusals WHERE peer_id = OLD.id; END
"""

TABLES = (_REFUSALS, _FORGET)
"""The statements, in order."""
