"""A home with a keeper of its own, and orders for it."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from atsn_tui.errors import AtsnError
from atsn_tui.home.home import Home
from atsn_tui.runner.client.keeper import Keeper
from atsn_tui.runner.output import read_output
from atsn_tui.runner.places import keeper_log
from atsn_tui.runner.spec import Ended, RunSpec, Started

PATIENCE = 30.0
"""Seconds until a test gives up waiting. Long, because nothing waits for it when all is well."""

LINGER = 0.3
"""Seconds that keepers of tests stay for nothing."""


def order(run: str, *argv: str, shell: str = "", **more: Any) -> RunSpec:
    """A run of a program, or of a line of shell."""
    words = ("/bin/sh", "-c", shell) if shell else argv
    given: dict[str, Any] = {
        "program": words[0],
        "argv": words,
        "environment": {"PATH": "/usr/bin:/bin"},
        "directory": "/",
        "account": "somebody",
        "kill_after": 5,
    }
    return RunSpec(run=run, **{**given, **more})


class Site:
    """A home, the keeper of it, and the ends that came so far."""

    def __init__(self, home: Path) -> None:
        self.home = Home(home)
        self.keeper: Keeper = None  # type: ignore[assignment]
        self.ended: dict[str, list[Ended]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._pids: set[int] = set()

    async def open(self, **more: Any) -> Keeper:
        """Connect, as a service that starts."""
        self.keeper = await Keeper.connect(self.home, **{"linger": LINGER, **more})
        self._pids.add(self.keeper.pid)
        self._listening = asyncio.create_task(self._listen(self.keeper))
        return self.keeper

    async def close(self) -> None:
        """Let go of the keeper, as a service that ends."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError, AtsnError):
                await self._listening
        if self.keeper is not None:
            self._pids.add(self.keeper.pid)
            await self.keeper.close()

    async def start(self, spec: RunSpec) -> Started:
        """Begin a run."""
        async with asyncio.timeout(PATIENCE):
            return await self.keeper.start(spec)

    async def end(self, run: str) -> Ended:
        """Wait for the end of a run, and acknowledge it."""
        await until(lambda: run in self.ended)
        self.keeper.acknowledge(run)
        assert len(self.ended[run]) == 1
        return self.ended[run][0]

    async def run(self, spec: RunSpec) -> Ended:
        """Begin a run and wait for its end."""
        await self.start(spec)
        return await self.end(spec.run)

    def output(self, run: str) -> bytes:
        """What the run printed."""
        return read_output(self.home.path, run)

    async def destroy(self) -> None:
        """End everything that still lives. The keeper must have had nothing to complain about."""
        if self.keeper is not None:
            for life in self.keeper.living():
                kill(life.pid)
        await self.close()
        for pid in self._pids:
            kill(pid)
            await gone(pid)
        assert written(Path(keeper_log(str(self.home.path)))) == ""

    async def _listen(self, keeper: Keeper) -> None:
        async for ended in keeper.ends():
            self.ended.setdefault(ended.run, []).append(ended)


class Gate:
    """Where jobs wait with `read x < GATE` until as many as are said may pass."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path, 0o666)
        self._file = os.open(path, os.O_RDWR)

    def open(self, count: int = 1) -> None:
        """Let so many pass."""
        os.write(self._file, b"\n" * count)

    def __str__(self) -> str:
        return str(self.path)


async def until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.01)


async def gone(pid: int) -> None:
    """Wait until the process is."""
    await until(lambda: not alive(pid))


def alive(pid: int) -> bool:
    """Whether the process lives, and is not only waiting to be buried."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(b") ")[2][:1] not in (b"Z", b"X")


def kill(pid: int) -> None:
    """KILL a process that a test started."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def written(path: Path) -> str:
    """What is in a file that a job may not have made yet."""
    return path.read_text() if path.exists() else ""
