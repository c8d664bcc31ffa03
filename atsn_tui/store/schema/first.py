"""The tables as the first migration makes them. Later migrations change them; this file stays as it is.

Dates are whole microseconds since the epoch. Digests and fingerprints are 32 bytes. What is only ever
read and written whole is kept encoded (msgpack for what the machine reads, JSON for reports).
"""

APPLICATION_ID = 0x4154534E
"""`ATSN` in ASCII: tells our database from any other SQLite file."""

_NODE = """
CREATE TABLE node (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  node_id TEXT NOT NULL,
  store_id TEXT NOT NULL
)
"""

_MIGRATIONS = """
CREATE TABLE migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  program TEXT NOT NULL,
  at INTEGER NOT NULL
)
"""

# The bucket hashes stand last: they spill into a page of their own, which a list of groups never reads.
_GROUPS = """
CREATE TABLE groups (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  replicated INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  fingerprint BLOB NOT NULL,
  body BLOB NOT NULL,
  origin BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  tasks INTEGER NOT NULL,
  buckets BLOB NOT NULL CHECK (length(buckets) = 4096)
)
"""

_TASKS = """
CREATE TABLE tasks (
  group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE ON UPDATE CASCADE,
  id TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  fingerprint BLOB NOT NULL,
  body BLOB NOT NULL,
  origin BLOB NOT NULL,
  PRIMARY KEY (group_id, id)
) WITHOUT ROWID
"""

# It covers all that a merge compares, so that comparing never reads a body.
_TASK_ROWS = "CREATE INDEX task_rows ON tasks (group_id, bucket, id, modified, fingerprint)"

_FOLLOWS = """
CREATE TABLE follows (
  group_id TEXT PRIMARY KEY REFERENCES groups (id) ON DELETE CASCADE ON UPDATE CASCADE,
  peer_id TEXT NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  node_id TEXT NOT NULL,
  path BLOB NOT NULL,
  at INTEGER NOT NULL
)
"""

# Floors, history and imports refer to no group: they outlive it.
_FLOORS = """
CREATE TABLE floors (
  group_id TEXT NOT NULL,
  id TEXT NOT NULL,
  modified INTEGER NOT NULL,
  PRIMARY KEY (group_id, id)
) WITHOUT ROWID
"""

_HISTORY = """
CREATE TABLE history (
  group_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  who TEXT NOT NULL,
  source TEXT NOT NULL,
  cycle TEXT,
  summary TEXT NOT NULL,
  digest BLOB,
  records INTEGER NOT NULL,
  edits BLOB NOT NULL,
  PRIMARY KEY (group_id, seq)
)
"""

_IMPORTS = """
CREATE TABLE imports (
  group_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  source TEXT NOT NULL,
  line INTEGER NOT NULL,
  original TEXT NOT NULL,
  derived BLOB NOT NULL,
  PRIMARY KEY (group_id, task_id)
) WITHOUT ROWID
"""

_PEERS = """
CREATE TABLE peers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  public_key TEXT NOT NULL UNIQUE,
  node_id TEXT UNIQUE,
  body BLOB NOT NULL
)
"""

_PEER_STATES = """
CREATE TABLE peer_states (
  peer_id TEXT PRIMARY KEY REFERENCES peers (id) ON DELETE CASCADE,
  body BLOB NOT NULL
)
"""

# A pull link may stand here before its group does, so the group is no reference.
_LINKS = """
CREATE TABLE links (
  id TEXT PRIMARY KEY,
  group_id TEXT,
  peer_id TEXT NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  body BLOB NOT NULL
)
"""

_LINK_STATES = """
CREATE TABLE link_states (
  link_id TEXT PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
  last_at INTEGER,
  next_at INTEGER,
  result TEXT,
  primary_digest BLOB,
  secondary_digest BLOB,
  held_primary BLOB,
  held_base BLOB
)
"""

_HEADS = """
CREATE TABLE heads (
  peer_id TEXT NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
  group_id TEXT NOT NULL,
  store_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (peer_id, group_id)
) WITHOUT ROWID
"""

_CYCLES = """
CREATE TABLE cycles (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL
)
"""

TABLES = (
    _NODE,
    _MIGRATIONS,
    _GROUPS,
    _TASKS,
    _TASK_ROWS,
    _PEERS,
    _PEER_STATES,
    _FOLLOWS,
    _FLOORS,
    _HISTORY,
    _IMPORTS,
    _LINKS,
    "CREATE INDEX links_by_peer ON links (peer_id)",
    _LINK_STATES,
    _HEADS,
    _CYCLES,
)
"""The statements, in order."""
