"""The node's options as they were seen last, so that a change of config.toml by hand is noticed and recorded."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from atsn_tui.store import audit, kept_secrets


def is_new(db: sqlite3.Connection, digest: bytes) -> bool:
    """Whether the file is not the one that was seen last."""
    found = db.execute("SELECT hash FROM config_seen").fetchone()
    return found is None or found[0] != digest


def is_first(db: sqlite3.Connection) -> bool:
    """Whether the options were never seen before."""
    return db.execute("SELECT 1 FROM config_seen").fetchone() is None


def record(
    db: sqlite3.Connection, digest: bytes, options: Mapping[str, Any], secret: frozenset[str], summary: str
) -> None:
    """Record what changed since the options were seen last. Of those in `secret` no value is told."""
    if not is_new(db, digest):
        return
    now = {
        name: {"secret": kept_secrets.keep(db, json.dumps(value))} if name in secret else value
        for name, value in options.items()
    }
    found = db.execute("SELECT options FROM config_seen").fetchone()
    text = json.dumps(now, sort_keys=True)
    db.execute("INSERT OR REPLACE INTO config_seen (one, hash, options) VALUES (1, ?, ?)", (digest, text))
    before = None if found is None else json.loads(found[0])
    after = json.loads(text)
    if before is None:
        audit.note(db, "config.begin", "", "config.toml", after=after)
    elif before != after:
        changed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
        audit.note(
            db,
            "config.change",
            "",
            "config.toml",
            before={key: before.get(key) for key in changed},
            after={key: after.get(key) for key in changed},
            summary=f"{summary}: {', '.join(changed)}" if summary else ", ".join(changed),
        )


def references(db: sqlite3.Connection) -> set[str]:
    """Every secret that the options or what is recorded of them refer to."""
    texts = [text for (text,) in db.execute("SELECT options FROM config_seen")]
    for pair in db.execute("SELECT before, after FROM audit WHERE name = 'config.toml'"):
        texts += [text for text in pair if text]
    values = [value for text in texts for value in json.loads(text).values()]
    return {value["secret"] for value in values if isinstance(value, dict)}
