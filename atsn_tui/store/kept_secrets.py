"""Secrets of the past. The history and the log only refer to them; the values lie apart and can be forgotten.

A reference is a hash under a random key of this database: it tells whether a secret changed, and nothing else.
"""

import hashlib
import sqlite3
from collections.abc import Iterable

from msgspec.structs import replace

from atsn_tui.model import codec


def keep(db: sqlite3.Connection, value: str) -> str:
    """Put a secret aside; its reference."""
    key = db.execute("SELECT key FROM kept_secrets_key").fetchone()[0]
    ref = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=key, digest_size=16).hexdigest()
    db.execute("INSERT OR IGNORE INTO kept_secrets (ref, value) VALUES (?, ?)", (ref, value))
    return ref


def find(db: sqlite3.Connection, ref: str) -> str | None:
    """The secret behind a reference; None if it was forgotten."""
    found = db.execute("SELECT value FROM kept_secrets WHERE ref = ?", (ref,)).fetchone()
    return None if found is None else str(found[0])


def hide(db: sqlite3.Connection, body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """A settings' body with references in the place of its secrets, and the names of their credentials."""
    settings = codec.decode_settings(body)
    hidden = {
        name: replace(entry, secret=keep(db, entry.secret))
        for name, entry in settings.credentials.items()
        if entry.secret is not None
    }
    if not hidden:
        return body, ()
    return codec.encode(replace(settings, credentials={**settings.credentials, **hidden})), tuple(hidden)


def show(db: sqlite3.Connection, body: bytes, names: Iterable[str]) -> bytes:
    """The body as it was. A secret that was forgotten is empty; then the body does not fit its fingerprint."""
    settings = codec.decode_settings(body)
    credentials = dict(settings.credentials)
    for name in names:
        ref = credentials[name].secret
        credentials[name] = replace(credentials[name], secret=None if ref is None else find(db, ref))
    return codec.encode(replace(settings, credentials=credentials))


def references(db: sqlite3.Connection) -> set[str]:
    """The references of all secrets that are kept."""
    return {ref for (ref,) in db.execute("SELECT ref FROM kept_secrets")}


def forget_others(db: sqlite3.Connection, wanted: Iterable[str]) -> int:
    """Forget every secret that none of these references means; how many."""
    db.execute("PRAGMA secure_delete = ON")
    gone = references(db).difference(wanted)
    db.executemany("DELETE FROM kept_secrets WHERE ref = ?", [(ref,) for ref in gone])
    return len(gone)
