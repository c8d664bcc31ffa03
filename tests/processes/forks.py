"""`atsn` processes that are real ones and start at once, for tests that run in an event loop."""

import asyncio
import contextlib
import itertools
import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.forking import Zygote
from tests.nodes import Machine, Outcome, eventually


class Forks:
    """Starts `atsn` processes. All that still live end with the zygote."""

    def __init__(self, zygote: Zygote) -> None:
        self._zygote = zygote
        self._numbers = itertools.count(1)

    @property
    def path(self) -> Path:
        """The socket that processes are asked for on."""
        return self._zygote.path

    async def start(self, *words: str) -> "Process":
        """Start `atsn` with these words."""
        number = next(self._numbers)
        out, err = (Path(self._zygote.directory.name) / f"{number}.{end}" for end in ("out", "err"))
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("wb")).fileno() for path in (out, err)]
            connection = self._zygote.ask(words, tuple(files))
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
            with contextlib.suppress(
                ProcessLookupError
            ):  # It may have ended, and we have not heard of it yet.
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
