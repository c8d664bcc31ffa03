"""Appending to a log file that several processes write to, also as different users, with rotation by size.

Made for a forked child: it starts no threads, loads nothing, and waits for a lock only so long.
"""

import fcntl
import os
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from atsn_tui.errors import Refused
from atsn_tui.home.trouble import explain
from atsn_tui.reports.log.rotation import is_full, moves

FILE_MODE = 0o640
DIRECTORY_MODE = 0o755

LOCK_PATIENCE = 5.0
"""How long another writer is waited for, in seconds; then the lines are written without rotating."""

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_CHUNK = 64 * 1024
_TRIES = 100


def write_log(path: Path, lines: Iterable[str], max_bytes: int, keep: int) -> None:
    """Append the lines to the file, each whole; missing directories are made.

    Before a line would make the file longer than `max_bytes` (0: any length), it becomes PATH.1, that one PATH.2 and
    so on, up to `keep`. Where that is not possible the lines are written all the same, and then it is an error.
    Refused if the path is a link or no plain file; Refused, NotFound or AtsnError if the system does not allow it,
    with the reason.
    """
    _make_directory(path.parent)
    try:
        trouble = _append(path, lines, max_bytes, keep)
    except OSError as error:
        if path.is_symlink():
            raise Refused(
                f"the log file {path} is a symbolic link: give the path that it leads to"
            ) from error
        raise explain("cannot write the log file", path, error) from error
    if trouble is not None:
        raise explain("the lines are written, but cannot rotate the log file", path, trouble) from trouble


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise Refused(f"cannot make the log directory {path}: there is a file of that name") from error
    except OSError as error:
        raise explain("cannot make the log directory", path, error) from error


def _append(path: Path, lines: Iterable[str], max_bytes: int, keep: int) -> OSError | None:
    """What kept the file from being rotated, if anything did."""
    file, locked = _open(path)
    trouble = None
    try:
        size = os.fstat(file).st_size
        waiting = b""
        for line in lines:
            data = _one_line(line)
            if locked and is_full(size, len(data), max_bytes):
                _write(file, waiting)
                waiting = b""
                try:
                    file, locked = _rotate(path, file, keep)
                except OSError as error:
                    trouble, locked = error, False
                size = os.fstat(file).st_size
            waiting += data
            size += len(data)
            if len(waiting) >= _CHUNK:
                _write(file, waiting)
                waiting = b""
        _write(file, waiting)
    finally:
        os.close(file)
    return trouble


def _one_line(line: str) -> bytes:
    return line.replace("\r", "").replace("\n", " ").encode("utf-8", "backslashreplace") + b"\n"


def _open(path: Path) -> tuple[int, bool]:
    """The file, and whether it is locked for us. It is the one of that name, though others may be rotating."""
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        file = os.open(path, _FLAGS, FILE_MODE)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise Refused(f"the log file {path} is no plain file: give the path of one")
            locked = _lock(file, deadline)
            if not locked or _is_at(path, file):
                return file, locked
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _lock(file: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def _is_at(path: Path, file: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(file))
    return False


def _rotate(path: Path, file: int, keep: int) -> tuple[int, bool]:
    """Move the full file away; the new one, and whether it is locked for us."""
    if keep == 0:
        os.ftruncate(file, 0)
        return file, True
    for source, target in moves(keep):
        with suppress(FileNotFoundError):
            os.rename(_numbered(path, source), _numbered(path, target))
    _drop_beyond(path, keep)
    fresh, locked = _open(path)
    os.close(file)
    return fresh, locked


def _drop_beyond(path: Path, keep: int) -> None:
    """Remove what an earlier, larger `keep` has left."""
    number = keep + 1
    with suppress(FileNotFoundError):
        while True:
            os.unlink(_numbered(path, number))
            number += 1


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
