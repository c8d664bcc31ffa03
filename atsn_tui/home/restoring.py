"""Putting the files of a node into its home, in the place of others if need be: all or none, wherever a crash comes.

They are gathered in one directory inside the home, which gets another name when it is whole and on the disk. From
then on they are the node: whoever comes next moves the rest into place, as often as it takes.
"""

import os
import shutil
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from atsn_tui.errors import AtsnError
from atsn_tui.home import locks
from atsn_tui.home.atomic import sync_directory, sync_file
from atsn_tui.home.trouble import explain

DATABASE = "atsn.db"
NAMES = ("client_key", "host_key", "config.toml", DATABASE)
"""What a node is made of, in the order in which it is put into place."""

PATIENCE = 10.0
"""Seconds that the end of another process's restore is waited for."""

_STAGE = ".restore"
_READY = ".restore-ready"
_ASIDE = ".restore-aside"
_FINAL_NAME = "aside"
"""A file beside those gathered: what the directory with the old ones is to be called."""

_BESIDE = ("-wal", "-shm", "-journal")


def begin(path: Path) -> Path:
    """An empty directory to gather files in. What an earlier attempt left there is removed."""
    stage = path / _STAGE
    try:
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
    except OSError as error:
        raise explain("cannot make", stage, error) from error
    return stage


def drop(path: Path) -> None:
    """Remove what was gathered, if it was not committed. The caller holds `open.lock`, shared or not."""
    for name in (_STAGE, _ASIDE):
        if os.path.lexists(path / name) and not pending(path):
            shutil.rmtree(path / name, ignore_errors=True)


def put_aside(path: Path, now: int, why: str = "restore") -> Path:
    """Keep the node's present files, by second names, for a directory of the home that appears with the commit.

    `now` is in µs. Until then they have no place where anybody would take them for a copy: what is written to the
    node's files is written to these.
    """
    stamp = datetime.fromtimestamp(now / 1_000_000, UTC).strftime("%Y%m%d-%H%M%S")
    kept, final = path / _ASIDE, _free_name(path, f"before-{why}-{stamp}")
    try:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(mode=0o700)
        for name in (*NAMES, *(DATABASE + ending for ending in _BESIDE)):
            if (path / name).exists():
                _link(path / name, kept / name)
        (path / _STAGE / _FINAL_NAME).write_text(final.name)
        sync_directory(kept)
    except OSError as error:
        raise explain("cannot keep the present node of", path, error) from error
    return final


def commit(path: Path) -> None:
    """What was gathered is to be the node. The caller holds `open.lock` alone, and has no connection open."""
    try:
        put_in_place(path, path / _STAGE)
    except OSError as error:
        raise explain("cannot restore", path, error) from error


def put_in_place(path: Path, stage: Path) -> None:
    """As `commit`, from any directory of the home that holds a node's files. Raises OSError."""
    log = stage / f"{DATABASE}-wal"
    if log.exists() and log.stat().st_size:
        raise AtsnError(f"the last changes to {stage / DATABASE} are not in it yet: nothing was changed")
    for entry in stage.iterdir():
        if entry.name not in (*NAMES, _FINAL_NAME):
            _remove(entry)
        else:
            entry.chmod(0o600)
            sync_file(entry)
    sync_directory(stage)
    os.rename(stage, path / _READY)
    sync_directory(path)
    _finish(path)


def pending(path: Path) -> bool:
    """Whether a node is there whole, but not yet in its place."""
    return os.path.lexists(path / _READY)


def finish(path: Path, open_lock: Path) -> None:
    """Finish what a killed restore or init left. Refused: somebody else is about to do so and does not end."""
    if not pending(path):
        return
    with locks.exclusive(open_lock, PATIENCE):
        if not pending(path):
            return
        try:
            _finish(path)
        except OSError as error:
            raise explain("cannot finish putting the node into", path, error) from error


def _finish(path: Path) -> None:
    ready = path / _READY
    for name in NAMES:
        if not (ready / name).exists():
            continue
        if name == DATABASE:
            # They belong to the old database, and would be taken for the new one's.
            for ending in _BESIDE:
                (path / f"{DATABASE}{ending}").unlink(missing_ok=True)
        os.replace(ready / name, path / name)
    sync_directory(path)
    if (ready / _FINAL_NAME).exists() and (path / _ASIDE).exists():
        os.rename(path / _ASIDE, path / (ready / _FINAL_NAME).read_text())
        sync_directory(path)
    shutil.rmtree(ready)
    sync_directory(path)


def _free_name(path: Path, name: str) -> Path:
    tried = (path / (name if number == 1 else f"{name}-{number}") for number in count(1))
    return next(each for each in tried if not os.path.lexists(each))


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # Not every file system has second names.
        shutil.copy2(source, target)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()
