"""Encrypted databases: SQLCipher's library, the key that a password gives, and how to tell an encrypted file.

The file is an ordinary one of SQLCipher 4: the key is PBKDF2-HMAC-SHA512 of the password with 256,000 rounds, and
the salt is the file's first 16 bytes. We derive the key ourselves, once for a process instead of once for each of
its connections. The first byte of every salt that we make is 0x80 or higher, which begins neither a plain
database nor a text; so one look at a file tells what it is.
"""

import hashlib
import os
import shlex
import sqlite3
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from atsn_tui.errors import Refused

ROUNDS = 256_000
"""Of PBKDF2: what SQLCipher 4 does when it is given a password."""

SALT_BYTES = 16
_HIGH = 0x80
_QUIET = "PRAGMA cipher_log_level = NONE"  # The library would write to stderr what it also raises.


@dataclass(frozen=True)
class Key:
    """What opens one encrypted file. Not shown by its `repr`."""

    secret: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    @property
    def literal(self) -> str:
        """As SQLCipher takes it, in quotes."""
        return f"\"x'{(self.secret + self.salt).hex()}'\""


def derive(password: str, salt: bytes) -> Key:
    """The key of the file with that salt. Takes about 0.1 s, on purpose."""
    secret = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS, 32)
    return Key(secret, salt)


def new_salt() -> bytes:
    """A salt for a new file."""
    salt = bytearray(os.urandom(SALT_BYTES))
    salt[0] |= _HIGH
    return bytes(salt)


def salt_in(path: Path) -> bytes | None:
    """The salt of an encrypted file; None: it is not encrypted. Raises OSError.

    Opens and closes the file, which drops all locks that SQLite has on it in this process: only for files that
    this process has no connection to.
    """
    with path.open("rb") as file:
        start = file.read(SALT_BYTES)
    return start if len(start) == SALT_BYTES and start[0] >= _HIGH else None


def library() -> Any:
    """SQLCipher's module, loaded at the first use. Refused: it is not installed."""
    try:
        from sqlcipher3 import dbapi2
    except ImportError as error:
        raise Refused(
            "an encrypted database needs the extra `encrypted`, which is not installed here: "
            f"{shlex.quote(sys.executable)} -m pip install sqlcipher3"
        ) from error
    return dbapi2


def connect(path: Path, key: Key | None, *, mode: str = "rw", patience: float = 5.0) -> sqlite3.Connection:
    """A connection through SQLCipher's library, to a plain file too if there is no key.

    It has all that we use of sqlite3's class, but is not of it, and raises errors of its own.
    """
    db: sqlite3.Connection = library().connect(
        f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None, timeout=patience
    )
    try:
        db.execute(_QUIET)
        if key is not None:
            db.execute(f"PRAGMA key = {key.literal}")
        db.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        db.close()
        raise
    return db
