"""`atsn` processes that are real ones and start at once: forked from one that has the program loaded.

fork = shared().start("--home", home, "serve", files=(out, err))
fork.wait(20)
"""

import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


class Zygote:
    """The process that has the program loaded, and the socket on which it is asked for others."""

    def __init__(self) -> None:
        # Not below pytest's directories: their paths can be too long for a socket.
        self.directory = tempfile.TemporaryDirectory(prefix="atsn-forks-")
        self.path = Path(self.directory.name) / "zygote"
        own = {name: value for name, value in os.environ.items() if not name.startswith("ATSN_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.zygote", str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**own, "PYTHONPATH": str(REPOSITORY)},
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def ask(
        self, words: tuple[str, ...], files: tuple[int, ...], environ: Mapping[str, str] | None = None
    ) -> socket.socket:
        """Ask for `atsn` with these words and descriptors (stdout, stderr, perhaps stdin), here and now.

        Its id can be read from the socket, a line; and another with its exit code when it has ended.
        """
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.path))
        request = [words, {**os.environ, **(environ or {})}, str(Path.cwd())]
        socket.send_fds(connection, [json.dumps(request).encode()], list(files))
        return connection

    def start(self, *words: str, files: tuple[int, ...], environ: Mapping[str, str] | None = None) -> "Fork":
        """Start `atsn` with these words."""
        return Fork(self.ask(words, files, environ))

    def close(self) -> None:
        """End all: the kernel kills them when the zygote dies."""
        self._process.kill()
        self._process.communicate()
        self.directory.cleanup()


class Fork:
    """One process, used as `subprocess.Popen` is."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers = connection.makefile("rb", buffering=0)
        self.pid = int(self._answers.readline())

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it as `kill -9` does."""
        self.send_signal(signal.SIGKILL)

    def wait(self, patience: float | None = None) -> int:
        """Its exit code, or the signal that ended it, below 0; TimeoutExpired after `patience` seconds."""
        self._connection.settimeout(patience)
        try:
            code = int(self._answers.readline())
        except TimeoutError as error:
            raise subprocess.TimeoutExpired(f"process {self.pid}", patience or 0) from error
        self._answers.close()
        self._connection.close()
        return code


@functools.cache
def shared() -> Zygote:
    """The one of this run of tests; `end` ends it."""
    return Zygote()


def end() -> None:
    """End the shared one, if there is one."""
    if shared.cache_info().currsize:
        shared().close()
        shared.cache_clear()
