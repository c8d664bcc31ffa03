"""Who acts on a node, and from where: it goes into the history of every change."""

import getpass
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_NO_LOGIN = 2**32 - 1
"""What the kernel says where nobody has logged in, as in a service or a container."""

_ANCESTORS = 12
"""How far up the address of a login is looked for that sudo has taken out of the environment."""


@dataclass(frozen=True)
class Actor:
    """A local user at a front end."""

    who: str
    source: str

    @property
    def described(self) -> str:
        """Both in one, for a change whose `who` is a peer."""
        return f"{self.who} at {self.source}"

    @classmethod
    def of(cls, environ: Mapping[str, str], front_end: str, proc: Path = _PROC) -> "Actor":
        """The person behind this process: the one who called sudo or logged in, with terminal and login address.

        Another account that the person works as is told with the source, as in `cli as root on /dev/pts/3`.
        """
        account = _account()
        who = environ.get("SUDO_USER") or _logged_in(proc) or account
        parts = [front_end]
        if who != account:
            parts.append(f"as {account}")
        if terminal := environ.get("SUDO_TTY") or _terminal():
            parts.append(f"on {terminal}")
        if address := _address(environ, proc):
            parts.append(f"from {address}")
        return cls(who, " ".join(parts))


def _account() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        pass
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.geteuid()}"


def _logged_in(proc: Path) -> str | None:
    """Who logged in, as the kernel remembers it through su and sudo; None where it does not."""
    try:
        number = int((proc / "self" / "loginuid").read_text())
        return None if number == _NO_LOGIN else pwd.getpwuid(number).pw_name
    except (OSError, ValueError, KeyError):
        return None


def _terminal() -> str | None:
    for stream in (0, 1, 2):
        try:
            return os.ttyname(stream)
        except OSError:
            continue
    return None


def _address(environ: Mapping[str, str], proc: Path) -> str | None:
    found = environ.get("SSH_CONNECTION", "")
    if not found and "SUDO_USER" in environ:
        found = _inherited(proc)
    return found.split(" ")[0] or None


def _inherited(proc: Path) -> str:
    """SSH_CONNECTION of the nearest process above this one that has it, as far as they may be looked at."""
    pid = os.getppid()
    for _ in range(_ANCESTORS):
        if pid <= 1:
            break
        try:
            block = (proc / str(pid) / "environ").read_bytes()
            stat = (proc / str(pid) / "stat").read_text()
        except OSError:
            break
        for item in block.split(b"\0"):
            if item.startswith(b"SSH_CONNECTION="):
                return item.partition(b"=")[2].decode(errors="replace")
        pid = int(stat.rpartition(")")[2].split()[1])
    return ""
