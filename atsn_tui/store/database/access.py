"""Which library this process opens a database with, and with which key: decided once, by the file's first bytes.

To look at them the file must be opened and closed past the library, and that drops every lock that SQLite holds on
the file in this process. So it is looked at only while this process has the database not open; as long as it has,
what was found is remembered. Nobody can change it meanwhile, since who would needs `open.lock` alone.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from atsn_tui.errors import AtsnError, Refused, WrongPassword
from atsn_tui.home.locks import Lock
from atsn_tui.store.database import cipher
from atsn_tui.store.database.cipher import Key

HOW = "put it in a file that only you can read, and name that before the command: atsn --password-file FILE …"

_guard = threading.Lock()
_open: dict[str, "_Found"] = {}


@dataclass
class _Found:
    salt: bytes | None
    users: int = 0


@dataclass
class Access:
    """The right to open connections: the shared lock, and the key if the database is encrypted."""

    lock: Lock
    path: Path
    key: Key | None = None
    _taken: bool = True

    def release(self) -> None:
        """Let go, after the last connection was closed. Doing so twice is harmless."""
        if self._taken:
            self._taken = False
            _forget(self.path)
        self.lock.release()


def is_encrypted(path: Path) -> bool:
    """Whether the database is encrypted; False if there is none."""
    try:
        with looking(path) as salt:
            return salt is not None
    except FileNotFoundError:
        return False


@contextmanager
def looking(path: Path) -> Iterator[bytes | None]:
    """The salt of the database, None if it is plain, for as long as the block runs. Raises OSError."""
    salt = remember(path)
    try:
        yield salt
    finally:
        _forget(path)


def remember(path: Path) -> bytes | None:
    """The salt of the database, or None; from now on it is known to be open in this process. Raises OSError."""
    name = os.path.realpath(path)
    with _guard:
        found = _open.get(name)
        if found is None:
            found = _open[name] = _Found(cipher.salt_in(path))
        found.users += 1
        return found.salt


def key_for(path: Path, salt: bytes | None, password: str | None) -> Key | None:
    """The key, or None for a plain database. Refused: it is encrypted and no password was given."""
    if salt is None:
        return None
    cipher.library()
    if password is None:
        raise Refused(f"the database {path} is encrypted, and there is no password for it: {HOW}")
    return cipher.derive(password, salt)


def wrong(path: Path) -> AtsnError:
    """The error where the first page cannot be decrypted."""
    return WrongPassword(
        f"this password does not open the database {path}, or its first page is damaged: give the right one, or put"
        " a good copy in its place"
    )


def _forget(path: Path) -> None:
    name = os.path.realpath(path)
    with _guard:
        found = _open[name]
        found.users -= 1
        if not found.users:
            del _open[name]
