"""Advisory locks between processes (flock), and who holds them.

A lock belongs to the open file, so two locks on one path exclude each other inside one process too,
and the end of a process, however it comes, releases what it held. Lock files are never deleted.
"""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from atsn_tui.errors import Refused
from atsn_tui.home.trouble import explain

PATIENCE = 0.5
"""Seconds that a lock is waited for by default: longer than anybody who looks with `held` keeps it."""

_PAUSE = 0.02
_FILE = os.O_RDWR | os.O_CREAT


class Lock:
    """A lock that is held until `release`, or until the `with` block ends."""

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        self._file: int | None = file

    def release(self) -> None:
        """Let go. Doing so twice is harmless."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def fileno(self) -> int:
        """The open file: a child process that inherits it holds the lock too."""
        if self._file is None:
            raise ValueError(f"the lock {self.path} was released already")
        return self._file

    def share(self) -> None:
        """Turn an exclusive lock into a shared one."""
        fcntl.flock(self.fileno(), fcntl.LOCK_SH)

    def again(self) -> "Lock":
        """The same lock for one more user: it is held until all of them have let go."""
        return Lock(self.path, os.dup(self.fileno()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def shared(path: Path, patience: float = PATIENCE) -> Lock:
    """Lock together with other sharers, waiting up to `patience` seconds; Refused names who is in the way."""
    return _lock(path, fcntl.LOCK_SH, patience)


def exclusive(path: Path, patience: float = PATIENCE, *, told: str = "", directory: bool = False) -> Lock:
    """Lock alone, waiting up to `patience` seconds; Refused begins with `told` and names who is in the way.

    A `directory` is locked itself, where no lock file may lie.
    """
    try:
        return _lock(path, fcntl.LOCK_EX, patience, os.O_DIRECTORY if directory else _FILE)
    except Refused as refusal:
        if not told:
            raise
        raise Refused(f"{told}{refusal}") from refusal


def held(path: Path) -> bool:
    """Whether anybody, this process included, holds the lock in either way."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise explain("cannot open the lock", path, error) from error
    try:
        return not _try(file, fcntl.LOCK_EX)
    finally:
        os.close(file)


def holders(path: Path) -> list[str]:
    """Who holds the lock, as in `atsn serve (process 4711)`; empty where the system does not tell."""
    try:
        inode = os.stat(path).st_ino
        table = Path("/proc/locks").read_text()
    except OSError:
        return []
    rows = [row.split() for row in table.splitlines()]
    pids = {row[4] for row in rows if row[1] == "FLOCK" and row[5].endswith(f":{inode}")}
    return [_describe(pid) for pid in sorted(pids, key=int) if int(pid) > 0]


def _lock(path: Path, kind: int, patience: float, flags: int = _FILE) -> Lock:
    try:
        file = os.open(path, flags | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise explain("cannot open the lock", path, error) from error
    try:
        end = time.monotonic() + patience
        while not _try(file, kind):
            if time.monotonic() >= end:
                who = ", ".join(holders(path)) or "another process"
                raise Refused(f"{path} is held by {who}: stop it, or wait until it is done")
            time.sleep(_PAUSE)
    except BaseException:
        os.close(file)
        raise
    return Lock(path, file)


def _try(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _describe(pid: str) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return f"process {pid}"
    if words[0].rpartition("/")[2].startswith("python"):
        del words[0]
    if words and words[0].rpartition("/")[2] == "atsn":
        while len(words) > 2 and words[1] in ("--home", "--password-file"):
            del words[1:3]
    line = " ".join(" ".join([words[0].rpartition("/")[2], *words[1:2]]).split())[:40].rstrip()
    return f"{line} (process {pid})" if line else f"process {pid}"
