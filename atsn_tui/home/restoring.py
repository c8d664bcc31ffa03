"""Putting files of a backup in the place of a node's own: all of them or none, wherever a crash comes.

They are gathered in one directory inside the home, which gets another name when it is whole and on the disk. From
then on the restore counts: whoever comes next moves the rest into place, as often as it takes.
"""

import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from atsn_tui.home import locks
from atsn_tui.home.atomic import sync_directory
from atsn_tui.home.trouble import explain

DATABASE = "atsn.db"
NAMES = ("client_key", "host_key", "config.toml", DATABASE)
"""What a node is made of, in the order in which it is put into place."""

PATIENCE = 10.0
"""Seconds that the end of another process's restore is waited for."""

_STAGE = ".restore"
_READY = ".restore-ready"
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
    """Remove what was gathered, if it was not committed."""
    shutil.rmtree(path / _STAGE, ignore_errors=True)


def put_aside(path: Path, now: int, why: str = "restore") -> Path:
    """Keep the node's present files in a new directory of the home; `now` is in µs. They stay in place too."""
    stamp = datetime.fromtimestamp(now / 1_000_000, UTC).strftime("%Y%m%d-%H%M%S")
    try:
        aside = _new_directory(path, f"before-{why}-{stamp}")
        for name in (*NAMES, *(DATABASE + ending for ending in _BESIDE)):
            if (path / name).exists():
                _link(path / name, aside / name)
        sync_directory(aside)
        sync_directory(path)
    except OSError as error:
        raise explain("cannot keep the present node of", path, error) from error
    return aside


def commit(path: Path) -> None:
    """What was gathered is to be the node. The caller holds `open.lock` alone, and has no connection open."""
    stage = path / _STAGE
    try:
        for entry in stage.iterdir():
            if entry.name not in NAMES:
                _remove(entry)
            else:
                entry.chmod(0o600)
                _sync(entry)
        sync_directory(stage)
        os.rename(stage, path / _READY)
        sync_directory(path)
        _finish(path)
    except OSError as error:
        raise explain("cannot restore", path, error) from error


def pending(path: Path) -> bool:
    """Whether a restore was committed and not finished."""
    return os.path.lexists(path / _READY)


def finish(path: Path, open_lock: Path) -> None:
    """Finish what a killed restore left. Refused: somebody else is about to do so and does not end."""
    if not pending(path):
        return
    with locks.exclusive(open_lock, PATIENCE):
        if not pending(path):
            return
        try:
            _finish(path)
        except OSError as error:
            raise explain("cannot finish the restore of", path, error) from error


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
    shutil.rmtree(ready)
    sync_directory(path)


def _new_directory(path: Path, name: str) -> Path:
    for number in range(1, 1000):
        directory = path / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)
            return directory
    raise FileExistsError(f"{path / name} and a thousand others exist")


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


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
