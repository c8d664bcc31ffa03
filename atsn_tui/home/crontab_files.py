"""The crontabs of this machine as files: where they are, and how they are read and replaced.

System crontabs are files that are replaced in one step, with owner, mode and attributes kept. A user's crontab is
read and written by crontab(1) alone, which checks it and tells cron.
"""

import errno
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from atsn_tui.errors import AtsnError, BadFile, Moved, NotFound, Refused
from atsn_tui.home.atomic import sync_directory, write_atomically
from atsn_tui.home.trouble import explain

USER_CRONTABS = (Path("/var/spool/cron/crontabs"), Path("/var/spool/cron/tabs"), Path("/var/spool/cron"))
"""Where crons keep the crontabs of users, each in a file of the user's name."""

SYSTEM_CRONTAB = Path("/etc/crontab")
SYSTEM_CRONTABS = Path("/etc/cron.d")

PATIENCE = 30.0
"""Seconds that crontab(1) may take."""

_USERS = "crontab of "
_LEFT_OVER = re.compile(r".*(?:~|\.(?:dpkg|ucf|rpm|cfsaved|swp|bak|orig)[a-z-]*)")
_DEBIAN = Path("/etc/debian_version")
_DEBIAN_NAMES = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class SystemCrontab:
    """/etc/crontab or a file in /etc/cron.d, whose lines name their users."""

    path: Path

    system = True
    user = None

    @property
    def source(self) -> str:
        """What its jobs are remembered by."""
        return str(self.path)

    @property
    def aliases(self) -> tuple[str, ...]:
        """What they may have been remembered by."""
        return ()

    def read(self) -> bytes:
        """Its content. NotFound, Refused."""
        return _read(self.path)

    def check_writable(self) -> None:
        """Refused unless this process may replace it."""
        target = Path(os.path.realpath(self.path))
        if all(os.access(path, os.W_OK) for path in (target, target.parent)):
            return
        if os.geteuid() != 0:
            raise Refused(f"{self.source} is not {_own_name()}'s to change: root's node can take it over")
        raise explain("cannot write", self.path, OSError(errno.EROFS, os.strerror(errno.EROFS)))

    def replace(self, before: bytes, after: bytes, scratch: Path, keep: int | None = None) -> None:
        """Write `after` in place of `before`. Moved: something else stands there; then nothing is changed.

        A new file beside it, which cron takes for none, gets owner, mode and attributes of the old one first.
        """
        target = Path(os.path.realpath(self.path))
        beside = target.with_name(f".{target.name}.atsn-new")
        try:
            with suppress(FileNotFoundError):
                beside.unlink()
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(after)
                    file.flush()
                    _liken(target, file.fileno())
                    os.fsync(file.fileno())
                _compare(self.source, self.read(), before)
                os.replace(beside, target)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
            sync_directory(target.parent)
            if self.path.parent != target.parent:
                os.utime(self.path.parent)  # by which cron sees that it has to look behind a symbolic link
        except OSError as error:
            raise explain("cannot write", self.path, error) from error


@dataclass(frozen=True)
class UserCrontab:
    """The crontab of a user, which only crontab(1) touches."""

    user: str

    system = False

    @property
    def source(self) -> str:
        """What its jobs are remembered by."""
        return f"{_USERS}{self.user}"

    @property
    def aliases(self) -> tuple[str, ...]:
        """What they may have been remembered by: the file in cron's own directory."""
        return tuple(str(folder / self.user) for folder in USER_CRONTABS)

    def read(self) -> bytes:
        """Its content. NotFound: there is no such user or crontab. Refused: it may not be read."""
        return self._crontab(["-l"]).stdout

    def check_writable(self) -> None:
        """Refused unless this process may replace it."""
        self._words([])

    def replace(self, before: bytes, after: bytes, scratch: Path, keep: int | None = None) -> None:
        """Write `after` in place of `before`. Moved: something else stands there; then nothing is changed.

        `scratch` is a directory of ours. The file descriptor `keep` stays open as long as crontab(1) runs, so
        that a lock behind it is held even if this process dies meanwhile.
        """
        _compare(self.source, self.read(), before)
        # A file and no pipe: if this process dies half-way, crontab(1) must not take half of it for all.
        new = scratch / "new-crontab"
        write_atomically(new, after)
        try:
            self._crontab([str(new)], keep=keep)
        finally:
            new.unlink(missing_ok=True)
        if self.read() != after:
            raise AtsnError(
                f"crontab(1) took the {self.source}, and now shows another: look at it with {self._shown()}"
            )

    def _shown(self) -> str:
        return "crontab -l" if self.user == _own_name() else f"crontab -l -u {self.user}"

    def _words(self, words: list[str]) -> list[str]:
        """The command line. Refused: it is another user's, and we are not root."""
        program = shutil.which("crontab")
        if program is None:
            raise NotFound("there is no program crontab on this machine: cron is not installed")
        if os.geteuid() == 0:
            return [program, "-u", self.user, *words]
        if self.user != _own_name():
            raise Refused(f"the {self.source} is for that user and root alone, and you are {_own_name()}")
        return [program, *words]

    def _crontab(self, words: list[str], keep: int | None = None) -> "subprocess.CompletedProcess[bytes]":
        line = self._words(words)
        try:
            done = subprocess.run(
                line,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                pass_fds=() if keep is None else (keep,),
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise AtsnError(f"crontab(1) did not end within {PATIENCE:g} s: {' '.join(line)}") from error
        except OSError as error:
            raise explain("cannot run", Path(line[0]), error) from error
        if done.returncode == 0:
            return done
        told = done.stderr.decode(errors="replace").strip() or f"it ended with {done.returncode}"
        if "no crontab for" in told:
            raise NotFound(f"user {self.user} has no crontab")
        kind = NotFound if "unknown" in told else Refused
        raise kind(f"crontab(1) refused the {self.source}: {told}")


Place = SystemCrontab | UserCrontab
"""A crontab that cron on this machine reads."""


def own_crontab() -> UserCrontab:
    """The crontab of whoever runs this process."""
    return UserCrontab(_own_name())


def place_of(name: str) -> Place | None:
    """The crontab of that path or source; None if cron on this machine would not read it."""
    if name.startswith(_USERS):
        return UserCrontab(name.removeprefix(_USERS))
    path = Path(os.path.abspath(name))
    if path == SYSTEM_CRONTAB or path.parent == SYSTEM_CRONTABS:
        return SystemCrontab(path) if _is_read(path.name) else None
    if path.parent in USER_CRONTABS and _is_user(path.name):
        return UserCrontab(path.name)
    return None


def files() -> Iterator[tuple[Path, Place]]:
    """The files of all crontabs of this machine that this process may see, with what they are."""
    for folder in USER_CRONTABS:
        for path in _listed(folder):
            place = place_of(str(path))
            if place is not None:
                yield path, place
    for path in [SYSTEM_CRONTAB, *_listed(SYSTEM_CRONTABS)]:
        place = place_of(str(path))
        if place is not None and path.is_file():
            yield path, place


def places() -> list[Place]:
    """All crontabs of this machine that this process may read: for root all, for others the system's and its own."""
    found = dict.fromkeys(place for _, place in files())
    if os.geteuid() != 0:
        found = {place: None for place in found if isinstance(place, SystemCrontab)}
        with suppress(AtsnError):
            own = own_crontab()
            own.read()
            found[own] = None
    return list(found)


def _is_read(name: str) -> bool:
    """Whether cron takes a file of that name in /etc/cron.d for a crontab."""
    if name.startswith(".") or _LEFT_OVER.fullmatch(name):
        return False
    return bool(_DEBIAN_NAMES.fullmatch(name)) or not _DEBIAN.exists()


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except (KeyError, ValueError):
        return False
    return True


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except IsADirectoryError as error:
        raise BadFile(f"{path} is a directory") from error
    except OSError as error:
        raise explain("cannot read", path, error) from error


def _liken(target: Path, file: int) -> None:
    """Give the new file owner, mode and extended attributes of the one that it is to replace."""
    old = os.stat(target)
    new = os.fstat(file)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        os.fchown(file, old.st_uid, old.st_gid)
    os.fchmod(file, stat.S_IMODE(old.st_mode))
    try:
        names = os.listxattr(target)
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENOSYS):
            return
        raise
    for name in names:
        value = os.getxattr(target, name)
        if name not in os.listxattr(file) or os.getxattr(file, name) != value:
            os.setxattr(file, name, value)


def _compare(source: str, found: bytes, expected: bytes) -> None:
    if found != expected:
        raise Moved(f"{source} was changed by someone else meanwhile: it was left as it is; try again")


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
