"""The bell of a node: a byte to the socket `wake` tells the running service that the database holds news.

Nothing rests on it: the service looks by itself every second, so a ring that is lost only makes things later.
"""

import socket
import stat
from contextlib import suppress
from pathlib import Path

from atsn_tui.home.sockets import reachable

_MANY = 64
"""Rings that are taken in at once; they all say the same."""


def ring(path: Path) -> None:
    """Tell the service that has this bell, if one does. Neither waits nor fails."""
    # No service, another user's, or one that has not come to look at the rings before: each is fine.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)
        with reachable(path) as address:
            line.sendto(b"!", address)


class Bell:
    """The service's end. One process has it at a time, which the service's lock sees to. Close it in the end."""

    def __init__(self, path: Path) -> None:
        """Hang it up, in place of one that a killed service left. OSError, as when something else is there."""
        self._path = path
        with suppress(FileNotFoundError):
            if not stat.S_ISSOCK(path.lstat().st_mode):
                raise FileExistsError(f"{path} is there and is no socket")
            path.unlink()
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._line.setblocking(False)
            with reachable(path) as address:
                self._line.bind(address)
            path.chmod(0o600)
        except BaseException:
            self._line.close()
            raise

    def fileno(self) -> int:
        """The socket, to wait for."""
        return self._line.fileno()

    def heard(self) -> bool:
        """Whether it rang since the last time."""
        rang = False
        with suppress(OSError):  # as when there is nothing more
            for _ in range(_MANY):
                self._line.recv(16)
                rang = True
        return rang

    def close(self) -> None:
        """Take it down."""
        with suppress(OSError):
            self._path.unlink()
        self._line.close()
