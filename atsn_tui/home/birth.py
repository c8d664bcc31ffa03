"""Making a node's directory whole or not at all."""

import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from atsn_tui.errors import BadInput, Refused
from atsn_tui.home.atomic import sync_directory
from atsn_tui.home.ownership import person
from atsn_tui.home.trouble import explain

DRAFT = ".init"
"""The directory inside the home in which a node is put together."""

_HARMLESS = {"lost+found"}
_MAX_PATH = 98
"""So that a socket in the home still fits the 104 bytes that every system allows for its path."""


@contextmanager
def place(path: Path, last: str) -> Iterator[Path]:
    """A draft directory, whose files move into `path` when the block ends; the file `last` moves last.

    After an error nothing of it is left. BadInput unless `path` is new or empty.
    """
    if len(os.fsencode(path)) > _MAX_PATH:
        raise BadInput(f"{path} is too long a path: a socket in it needs at most {_MAX_PATH} bytes")
    made = _make(path)
    try:
        draft = _begin(path, last)
        try:
            yield draft
            _finish(draft, path, last)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
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


def _begin(path: Path, last: str) -> Path:
    draft = path / DRAFT
    try:
        owner = path.stat().st_uid
        if owner != os.geteuid():
            raise Refused(
                f"{path} belongs to {person(owner)}, not to {person(os.geteuid())}: choose another directory"
            )
        _check_empty(path, last)
        draft.mkdir(mode=0o700)
    except FileExistsError as error:
        raise _busy(draft) from error
    except OSError as error:
        raise explain("cannot make a node in", path, error) from error
    return draft


def _check_empty(path: Path, last: str) -> None:
    names = {entry.name for entry in path.iterdir()} - _HARMLESS
    if last in names:
        raise BadInput(f"there is a node at {path} already: nothing was changed (to see it: atsn identity)")
    if DRAFT in names:
        raise _busy(path / DRAFT)
    if names:
        some = ", ".join(sorted(names)[:3])
        raise BadInput(f"{path} is not empty ({some}): choose a new directory for the node")


def _busy(draft: Path) -> BadInput:
    return BadInput(
        f"another init is under way in {draft}, or was killed there: if none is, remove it with: "
        f"rm -r {shlex.quote(str(draft))}"
    )


def _finish(draft: Path, path: Path, last: str) -> None:
    moved: list[Path] = []
    try:
        names = sorted((entry.name for entry in draft.iterdir()), key=lambda name: (name == last, name))
        path.chmod(0o700)
        for name in names:
            source = draft / name
            if source.is_file():
                source.chmod(0o600)
            source.rename(path / name)
            moved.append(path / name)
        draft.rmdir()
        sync_directory(path)
        sync_directory(path.parent)
    except OSError as error:
        for entry in reversed(moved):
            _remove(entry)
        raise explain("cannot make a node in", path, error) from error


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)
