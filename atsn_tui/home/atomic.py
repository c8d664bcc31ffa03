"""Writing a file so that a reader, or a crash, sees the old one or the new one and nothing between."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from atsn_tui.home.trouble import explain


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `path` by `data` and wait until the disk has it.

    A symbolic link is kept and what it points at is replaced. Refused where writing is not allowed.
    """
    target = Path(os.path.realpath(path))
    try:
        _replace(target, data, mode)
        sync_directory(target.parent)
    except OSError as error:
        raise explain("cannot write", path, error) from error


def sync_file(path: Path) -> None:
    """Wait until the disk has the file, which nobody need have open. Raises OSError."""
    _sync(path, 0)


def sync_directory(path: Path) -> None:
    """Wait until the disk has the directory's entries. Raises OSError."""
    _sync(path, os.O_DIRECTORY)


def _sync(path: Path, kind: int) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | kind)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _replace(target: Path, data: bytes, mode: int) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
