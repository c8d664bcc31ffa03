"""The tables of the migration `runs`. As with the first one: later migrations change them, this file stays.

None refers to a group or a task: what has run, and until when due times are handled, outlives both.
"""

# `task` is the canonical body that the run began with; it is kept until the end has been reported.
_RUNS = """
CREATE TABLE runs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  group_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  state TEXT NOT NULL,
  due INTEGER NOT NULL,
  ended INTEGER,
  reported INTEGER NOT NULL,
  body BLOB NOT NULL,
  task BLOB
)
"""

_DECISIONS = """
CREATE TABLE decisions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  body BLOB NOT NULL
)
"""

# Every due time of a task with since < time <= until has been handled and never comes again.
_INSTANTS = """
CREATE TABLE instants (
  group_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (group_id, task_id, since)
) WITHOUT ROWID
"""

_TIMINGS = """
CREATE TABLE timings (
  group_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  edited INTEGER,
  boot_id TEXT,
  boot_due INTEGER,
  over INTEGER NOT NULL DEFAULT 0,
  decision INTEGER,
  PRIMARY KEY (group_id, task_id)
) WITHOUT ROWID
"""

_SEEN = """
CREATE TABLE seen (
  group_id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL
)
"""

_BOOT = """
CREATE TABLE boot (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  boot_id TEXT NOT NULL,
  at INTEGER NOT NULL
)
"""

# An empty id stands for all.
_HOLDS = """
CREATE TABLE holds (
  group_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (group_id, task_id)
) WITHOUT ROWID
"""

_HERE = """
CREATE TABLE groups_here (
  group_id TEXT PRIMARY KEY,
  body BLOB NOT NULL
)
"""

_REQUESTS = """
CREATE TABLE requests (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  body BLOB NOT NULL
)
"""

_OUTBOX = """
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  route TEXT NOT NULL,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  body BLOB NOT NULL
)
"""

TABLES = (
    _RUNS,
    "CREATE INDEX runs_by_task ON runs (group_id, task_id, number)",
    "CREATE INDEX runs_active ON runs (number) WHERE ended IS NULL",
    "CREATE INDEX runs_unreported ON runs (number) WHERE reported = 0 AND ended IS NOT NULL",
    _DECISIONS,
    "CREATE INDEX decisions_by_task ON decisions (group_id, task_id, number)",
    _INSTANTS,
    _TIMINGS,
    _SEEN,
    _BOOT,
    _HOLDS,
    _HERE,
    _REQUESTS,
    "CREATE INDEX requests_open ON requests (number) WHERE state IN ('waiting', 'working')",
    _OUTBOX,
    "CREATE INDEX outbox_waiting ON outbox (next_at, created_at) WHERE state = 'waiting'",
)
"""The statements, in order."""
