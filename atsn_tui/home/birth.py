"""Making a node's directory whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from atsn_tui.errors import BadInput, Refused
from atsn_tui.home import locks, ownership, restoring
from atsn_tui.home.atomic import sync_directory
from atsn_tui.home.trouble import explain

_HARMLESS = {"lost+found"}
_MAX_PATH = 98
"""So that a socket in the home still fits the 104 bytes that every system allows for its path."""


@contextmanager
def place(path: Path, marker: str, open_lock: Path) -> Iterator[Path]:
    """A draft directory, whose files become the node at `path` when the block ends, under its `open_lock`.

    After an error nothing of it is left; what a killed process left is removed, or finished if it was whole.
    BadInput unless `path` is new or empty; where the file `marker` is, there is a node. Refused: another node is
    being made there.
    """
    if len(os.fsencode(path)) > _MAX_PATH:
        raise BadInput(f"{path} is too long a path: a socket in it needs at most {_MAX_PATH} bytes")
    made = _make(path)
    try:
        _check_owner(path)
        with locks.exclusive(path, told="another node is being made there: ", directory=True):
            draft = _begin(path, marker, open_lock)
            try:
                yield draft
                _finish(draft, path, open_lock)
            except BaseException:
                _clear(draft, path, marker, open_lock)
                raise
    except BaseException:
        if made:
            with suppress(OSError):
                path.rmdir()
        raise


def _make(path: Path) -> bool:
    """Whether the directory was made here; else it was there already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700)
    except FileExistsError as error:
        if not path.is_dir():
            raise BadInput(f"{path} is no directory: choose another one with --home") from error
        return False
    except NotADirectoryError as error:
        raise BadInput(f"{path} lies inside a file: choose another one with --home") from error
    except OSError as error:
        raise explain("cannot make the directory", path, error) from error
    return True


def _check_owner(path: Path) -> None:
    try:
        owner = path.stat().st_uid
    except OSError as error:
        raise explain("cannot look at", path, error) from error
    if owner != os.geteuid():
        raise Refused(
            f"{path} belongs to {ownership.person(owner)}, not to {ownership.person(os.geteuid())}: "
            "choose another directory"
        )


def _begin(path: Path, marker: str, open_lock: Path) -> Path:
    draft = path / ownership.DRAFT
    restoring.finish(path, open_lock)
    try:
        _check_empty(path, marker, open_lock)
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
    except OSError as error:
        raise explain("cannot make a node in", path, error) from error
    return draft


def _check_empty(path: Path, marker: str, open_lock: Path) -> None:
    names = {entry.name for entry in path.iterdir()} - {*_HARMLESS, ownership.DRAFT, open_lock.name}
    if marker in names:
        raise BadInput(f"there is a node at {path} already: nothing was changed (to see it: atsn identity)")
    if names:
        some = ", ".join(sorted(names)[:3])
        raise BadInput(f"{path} is not empty ({some}): choose a new directory for the node")


def _finish(draft: Path, path: Path, open_lock: Path) -> None:
    try:
        path.chmod(0o700)
        sync_directory(path.parent)
        with locks.exclusive(open_lock):
            restoring.put_in_place(path, draft)
    except OSError as error:
        raise explain("cannot make a node in", path, error) from error


def _clear(draft: Path, path: Path, marker: str, open_lock: Path) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    if not restoring.pending(path) and not (path / marker).exists():
        with suppress(OSError):
            open_lock.unlink(missing_ok=True)  # Nobody opens it where no node is.
