"""Processes of the demo: each is our child, and none outlives us."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from atsn_tui.errors import AtsnError

_PACKAGE = Path(__file__).resolve().parents[2]
_READY = 60.0
_STOP = 10.0
_PR_SET_PDEATHSIG = 1


def atsn_words(home: Path, *words: str) -> list[str]:
    """The command line that runs `atsn` on that node with this very program."""
    return [sys.executable, "-m", _PACKAGE.name, "--home", str(home), *words]


def environment() -> dict[str, str]:
    """Our environment, changed so that a child finds this program and no other node."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("ATSN_")}
    path = [str(_PACKAGE.parent), own.get("PYTHONPATH", "")]
    return {**own, "PYTHONPATH": os.pathsep.join(part for part in path if part)}


class Service:
    """`atsn serve` for one node."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._log = home.parent / f"{home.name}.err"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it is ready. AtsnError with its own words if it ends instead."""
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *atsn_words(self._home, "serve"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=environment(),
                cwd=self._home.parent,
                start_new_session=True,  # Ctrl-C on the terminal is for us, not for it
                preexec_fn=_die_with_parent,
            )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(_READY):
                line = await self._process.stdout.readline()
        except TimeoutError as error:
            raise AtsnError(self._complaint("is not ready after a minute")) from error
        if not line:
            raise AtsnError(self._complaint("ended at once"))

    async def stop(self) -> None:
        """End it and wait until it is gone, by force if it takes too long."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _complaint(self, what: str) -> str:
        said = self._log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
        return f"the demo's node {self._home.name} {what}: {said or 'it said nothing'}"


async def run_atsn(home: Path, *words: str, extra: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run one `atsn` command to its end: its exit code and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        *atsn_words(home, *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**environment(), **(extra or {})},
        cwd=home.parent,
        preexec_fn=_die_with_parent,
    )
    assert process.stdout is not None
    output = asyncio.ensure_future(process.stdout.read())
    code = await finished(process)
    return code, (await output).decode(errors="replace")


async def finished(process: asyncio.subprocess.Process) -> int:
    """Wait for the process; its exit code. Ends it if we are cancelled."""
    try:
        return await process.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            process.terminate()
        await asyncio.shield(process.wait())
        raise


def _die_with_parent() -> None:
    # Even if we are killed the hard way, the kernel ends our children (Linux only).
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
