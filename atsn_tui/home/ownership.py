"""Whose home it is, and the line that opens it when it is not ours."""

import errno
import os
import pwd
import shlex
import stat
from pathlib import Path

from atsn_tui.errors import AtsnError, BadFile, NotFound, Refused
from atsn_tui.home.trouble import explain

DRAFT = ".init"
"""The directory inside the home in which a new node is put together."""


def check(path: Path, marker: Path | None = None) -> None:
    """Return if `path` is the effective user's own, writable by no other, and holds the `marker`, if one is given."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _no_node(path) from error
    except PermissionError as error:
        raise _hidden(path, error) from error
    except OSError as error:
        raise explain("cannot look at", path, error) from error
    if not stat.S_ISDIR(found.st_mode):
        raise BadFile(f"{path} is no directory: name a node's home with --home")
    if found.st_uid != os.geteuid():
        raise Refused(_foreign(path, found.st_uid))
    if marker is not None:
        _check_marker(path, marker)
    _check_mode(path, found.st_mode)


def person(uid: int) -> str:
    """A user's name, or `user 1234` where that number has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def line_for(uid: int, path: Path) -> str:
    """The command line with which the owner `uid` opens the node at `path`."""
    open_it = f"atsn --home {shlex.quote(str(path))}"
    if uid == 0:
        return f"sudo {open_it}"
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"'#{uid}'"
    return f"sudo -u {name} {open_it}"


def _no_node(path: Path) -> NotFound:
    if os.path.lexists(path / DRAFT):
        return NotFound(
            f"no node at {path} yet: an init or a restore is under way there, or was killed: "
            "begin it again, with atsn init or atsn restore FILE"
        )
    return NotFound(f"no node at {path}: make one with: atsn init")


def _foreign(path: Path, owner: int) -> str:
    return (
        f"the node at {path} belongs to {person(owner)}, and you are {person(os.geteuid())}: "
        f"open it with: {line_for(owner, path)} …"
    )


def _hidden(path: Path, error: OSError) -> AtsnError:
    """What to say where even looking is forbidden: the nearest directory with an owner to see is why."""
    for parent in path.parents:
        try:
            owner = parent.stat().st_uid
        except PermissionError:
            continue
        if owner == os.geteuid():
            break
        return Refused(
            f"{path} lies inside {parent}, which belongs to {person(owner)} and is closed to "
            f"{person(os.geteuid())}: open it with: {line_for(owner, path)} …"
        )
    return explain("cannot look at", path, error)


def _check_marker(path: Path, marker: Path) -> None:
    try:
        marker.stat()
    except FileNotFoundError as error:
        if any(path.glob("*.db")):
            raise BadFile(
                f"the node at {path} has lost its {marker.name}: bring it back from a backup, or write one "
                'with the line: name = "NAME"'
            ) from error
        raise _no_node(path) from error
    except OSError as error:
        raise explain("cannot look at", marker, error) from error


def _check_mode(path: Path, mode: int) -> None:
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        raise explain("cannot use the node at", path, OSError(errno.EROFS, os.strerror(errno.EROFS)))
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise Refused(
            f"the node at {path} is read-only: make it writable with: chmod 700 {shlex.quote(str(path))}"
        )
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Refused(
            f"others may write in the node at {path}: close it with: chmod 700 {shlex.quote(str(path))}"
        )
