"""Changing an authorized_keys file: other lines stay as they are, and sshd never reads half a file."""

import os
import pwd
import re
import shlex
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from atsn_tui.errors import BadInput, Refused
from atsn_tui.home.atomic import sync_directory
from atsn_tui.home.authorized_line import key_of, peer_of
from atsn_tui.home.ownership import person
from atsn_tui.home.trouble import explain

Change = Literal["added", "replaced", "unchanged", "removed", "absent"]

MAX_SIZE = 1_000_000
"""Bytes of the largest file that is changed."""


@dataclass(frozen=True)
class _Found:
    data: bytes
    status: os.stat_result | None
    """None: there is no file yet."""


def default_file(uid: int) -> Path:
    """Where sshd looks for the keys of that user unless it is told otherwise. BadInput for a user without a home."""
    try:
        home = Path(pwd.getpwuid(uid).pw_dir)
    except KeyError as error:
        raise BadInput(f"{person(uid)} has no entry among the users, so sshd lets nobody in as it") from error
    return home / ".ssh" / "authorized_keys"


def authorize(path: Path, home: Path, peer: str, line: str) -> Change:
    """Put the peer's line into the file, instead of the one that was there for that peer of the node at `home`.

    Refused if the file is not ours to change, or if sshd would let the key in by another line.
    """
    new = line.encode()
    found = _read(path)
    kept: list[bytes] = []
    put = False
    for each in _lines(found.data):
        if peer_of(each, home) is not None and (peer_of(each, home) == peer or key_of(each) == key_of(new)):
            # Another name of the same key, too: sshd takes the first line that has the key.
            if not put:
                kept.append(new + b"\n")
            put = True
        else:
            kept.append(each)
    for number, each in enumerate(kept, 1):
        if key_of(each) == key_of(new) and peer_of(each, home) is None:
            raise Refused(
                f"line {number} of {path} lets the same key in already, with other options, and sshd takes the "
                "first line that has a key: remove that line, and do this again"
            )
    if not put:
        if kept and not kept[-1].endswith(b"\n"):
            kept[-1] += b"\n"
        kept.append(new + b"\n")
    data = b"".join(kept)
    if data == found.data:
        return "unchanged"
    _write(path, data, found)
    return "replaced" if put else "added"


def unauthorize(path: Path, home: Path, peer: str) -> Change:
    """Take the peer's line out of the file."""
    found = _read(path)
    kept = [each for each in _lines(found.data) if peer_of(each, home) != peer]
    data = b"".join(kept)
    if data == found.data:
        return "absent"
    _write(path, data, found)
    return "removed"


def authorized(path: Path, home: Path, peer: str) -> str | None:
    """The peer's line in the file, if there is one that can be read."""
    try:
        lines = _lines(path.read_bytes()[:MAX_SIZE])
    except OSError:
        return None
    return next(
        (each.decode(errors="replace").strip() for each in lines if peer_of(each, home) == peer), None
    )


def peers_in(path: Path, home: Path) -> list[str]:
    """The peers that the file's lines let in to the node at `home`."""
    try:
        lines = _lines(path.read_bytes()[:MAX_SIZE])
    except OSError:
        return []
    found = (peer_of(each, home) for each in lines)
    return list(dict.fromkeys(name for name in found if name is not None))


def _lines(data: bytes) -> list[bytes]:
    """The lines with their ends; a lone carriage return ends none."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _read(path: Path) -> _Found:
    """The file as it is. Refused if it, or where it lies, is another's or open to others: sshd ignores such."""
    try:
        _check(path.parent, os.lstat(path.parent), stat.S_ISDIR, "directory")
    except FileNotFoundError:
        return _Found(b"", None)
    except OSError as error:
        raise explain("cannot look at", path.parent, error) from error
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return _Found(b"", None)
    except OSError as error:
        if path.is_symlink():
            raise Refused(f"{path} is a symbolic link: name the file itself with --file") from error
        raise explain("cannot read", path, error) from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        _check(path, status, stat.S_ISREG, "file")
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise Refused(f"{path} is larger than {MAX_SIZE} bytes: is it the right file?")
    return _Found(data, status)


def _check(path: Path, status: os.stat_result, right: Callable[[int], bool], kind: str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise Refused(f"{path} is a symbolic link: name the file itself with --file")
    if not right(status.st_mode):
        raise Refused(f"{path} is no {kind}: name another file with --file")
    if status.st_uid not in (os.geteuid(), 0):
        raise Refused(
            f"{path} belongs to {person(status.st_uid)}, and you are {person(os.geteuid())}: "
            "print the line, and let its owner put it there: atsn peer authorize PEER --print"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Refused(
            f"others may write {path}, for which sshd ignores it: "
            f"close it with: chmod go-w {shlex.quote(str(path))}"
        )


def _write(path: Path, data: bytes, found: _Found) -> None:
    try:
        _make_directory(path.parent)
        _replace(path, data, found)
        sync_directory(path.parent)
    except OSError as error:
        raise explain("cannot write", path, error) from error


def _make_directory(path: Path) -> None:
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chmod(path, 0o700)


def _replace(path: Path, data: bytes, found: _Found) -> None:
    handle, name = tempfile.mkstemp(prefix=".authorized_keys.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if found.status is not None:
                if (found.status.st_uid, found.status.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), found.status.st_uid, found.status.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(found.status.st_mode))
            os.fsync(file.fileno())
        if _stamp(path) != _stamp_of(found.status):
            raise Refused(f"{path} was changed by somebody else at this moment: do this again")
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        return _stamp_of(os.lstat(path))
    except FileNotFoundError:
        return None


def _stamp_of(status: os.stat_result | None) -> tuple[int, int, int] | None:
    return None if status is None else (status.st_ino, status.st_mtime_ns, status.st_size)
