"""`atsn` processes that are real ones and start at once."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.nodes import Machine, Outcome, eventually

REPOSITORY = Path(__file__).parents[2]


class Forks:
    """Starts `atsn` processes, and ends all that still live at `close`."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="atsn-forks-")
        self._path = Path(self._directory.name) / "zygote"
        own = {name: value for name, value in os.environ.items() if not name.startswith("ATSN_")}
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.processes.zygote", str(self._path)],
            stdout=subprocess.PIPE,
            env={**own, "PYTHONPATH": str(REPOSITORY)},
        )
        assert self._zygote.stdout is not None
        assert self._zygote.stdout.readline() == b"ready\n"
        self._count = 0

    @property
    def path(self) -> Path:
        """The socket that processes are asked for on."""
        return self._path

    async def start(self, *words: str) -> "Process":
        """Start `atsn` with these words."""
        self._count += 1
        out, err = (Path(self._directory.name) / f"{self._count}.{end}" for end in ("out", "err"))
        connection = socket.socket(socket.AF_UNIX)
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("wb")) for path in (out, err)]
            connection.connect(str(self._path))
            request = [json.dumps([words, None]).encode()]
            socket.send_fds(connection, request, [file.fileno() for file in files])
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        pid = int(await reader.readline())
        return Process(pid, out, err, asyncio.create_task(_status(reader, writer)))

    async def run(self, machine: Machine, *words: str) -> Outcome:
        """Run a command on a node to its end."""
        return await (await self.start("--home", str(machine.home), *words)).end()

    async def serve(self, machine: Machine) -> "Process":
        """Start a node's service, and return when it is ready."""
        process = await self.start("--home", str(machine.home), "serve")
        await eventually(lambda: process.ended or process.out.read_bytes().endswith(b"\n"))
        assert not process.ended, process.err.read_text()
        return process

    def close(self) -> None:
        """End all: the kernel kills them when the zygote dies."""
        self._zygote.kill()
        self._zygote.communicate()
        self._directory.cleanup()


@dataclass
class Process:
    """One process."""

    pid: int
    out: Path
    err: Path
    status: asyncio.Task[int]
    """Its exit code, or the signal that ended it, below 0."""

    @property
    def ended(self) -> bool:
        """Whether it has ended, as far as we have heard."""
        return self.status.done()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still lives."""
        if not self.ended:
            os.kill(self.pid, number)

    async def end(self) -> Outcome:
        """What it came to, when it has ended."""
        return Outcome(await self.status, self.out.read_text(), self.err.read_text())

    async def kill(self) -> Outcome:
        """Kill it as `kill -9` does."""
        self.send(signal.SIGKILL)
        return await self.end()


async def _status(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    try:
        return int(await reader.readline())
    finally:
        writer.close()
