"""The journal of a change of hands: written before a crontab is changed, removed when the tasks have followed.

Whoever finds one whose lock nobody holds finishes what was begun. The crontab itself says how far it came.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from atsn_tui.errors import BadFile
from atsn_tui.home import locks
from atsn_tui.home.atomic import sync_directory, write_atomically
from atsn_tui.home.home import Home
from atsn_tui.home.trouble import explain

_NO_NAME = re.compile(r"[^A-Za-z0-9._]+")


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line that changes hands."""

    task_id: str
    """Or the beginning of it, if the task is gone."""
    group_id: str
    """Empty if the task is gone."""
    text: str
    """As cron reads it."""


class Journal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is being done to one crontab."""

    action: Literal["take", "give"]
    source: str
    since: int
    """Just before the crontab was changed, in µs since the epoch: later due times belong to the new owner."""
    lines: tuple[Line, ...]


_decoder = msgspec.json.Decoder(Journal)


def lock(home: Home, patience: float = locks.PATIENCE) -> locks.Lock:
    """The lock of whoever changes crontabs for this node. Refused: somebody does."""
    try:
        home.crontabs.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise explain("cannot make", home.crontabs, error) from error
    return locks.exclusive(home.crontabs / "lock", patience)


def begin(home: Home, journal: Journal) -> None:
    """Write the journal, for good."""
    write_atomically(_path(home), msgspec.json.format(msgspec.json.encode(journal)))


def end(home: Home) -> None:
    """What the journal says is done."""
    try:
        _path(home).unlink(missing_ok=True)
        sync_directory(home.crontabs)
    except OSError as error:
        raise explain("cannot remove", _path(home), error) from error


def unfinished(home: Home) -> Journal | None:
    """What was begun, if it was not finished. BadFile: the journal cannot be read."""
    path = _path(home)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain("cannot read", path, error) from error
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise BadFile(
            f"{path} cannot be read ({error}): look whether the crontabs of this machine are in order"
            " (the newest file beside it is the last backup), and remove it"
        ) from error


def save_backup(home: Home, source: str, data: bytes, now: int) -> Path:
    """Keep a crontab as it is now; where."""
    moment = datetime.fromtimestamp(now / 1e6, UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{moment}-{_NO_NAME.sub('-', source).strip('-')}"
    path, number = home.crontabs / name, 1
    while path.exists():
        number += 1
        path = home.crontabs / f"{name}-{number}"
    write_atomically(path, data)
    return path


def _path(home: Home) -> Path:
    return home.crontabs / "journal.json"
