"""A terminal for tests: type when something was shown, and see what was shown."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping

from tests.forking import shared
from tests.nodes import PATIENCE

ROWS, COLUMNS = 24, 80


class Terminal:
    """An `atsn` command at a terminal of 80×24."""

    def __init__(self, *words: str, environ: Mapping[str, str] | None = None) -> None:
        self._fd, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = shared().start(
            *words, files=(child, child, child), environ={"TERM": "xterm-256color", **(environ or {})}
        )
        os.close(child)
        self.shown = ""

    def type(self, text: str, after: str) -> None:
        """Type when that text has been shown."""
        assert self._read_until(lambda: after in self.plain), self.plain
        os.write(self._fd, text.encode())

    def end(self) -> int:
        """Wait for the end; the exit code."""
        self._read_until(lambda: False)
        code = self._process.wait(PATIENCE)
        os.close(self._fd)
        return code

    @property
    def plain(self) -> str:
        """What was shown, without control sequences and with line ends as in a file."""
        return re.sub(r"\x1b\[[0-9;?<]*[A-Za-z]", "", self.shown).replace("\r\n", "\n")

    def _read_until(self, condition: Callable[[], bool]) -> bool:
        end = time.monotonic() + 2 * PATIENCE
        while not condition() and time.monotonic() < end:
            ready, _, _ = select.select([self._fd], [], [], 0.2)
            try:
                data = os.read(self._fd, 65536) if ready else None
            except OSError:  # the other end is closed
                data = b""
            if data == b"":
                break
            self.shown += (data or b"").decode(errors="replace")
        return condition()
