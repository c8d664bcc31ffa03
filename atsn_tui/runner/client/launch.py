"""Making a keeper when none lives."""

import asyncio
import os
import sys
from pathlib import Path

from atsn_tui.errors import AtsnError
from atsn_tui.runner import keeper as package
from atsn_tui.runner.keeper.main import ANOTHER_LIVES

_KEPT = ("LD_LIBRARY_PATH", "LD_PRELOAD")
"""The only variables of ours that a keeper gets: some Pythons cannot be started without."""


async def launch(home: Path, *, linger: float | None = None) -> bool:
    """Start a keeper for the home; return when it can be spoken to, or False if there is one already.

    It gets a session of its own and nothing of our environment. AtsnError if it cannot start.
    """
    program = str(Path(package.__file__).with_name("__main__.py"))
    arguments = [str(home)] if linger is None else [str(home), str(linger)]
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", "-X", "utf8", program, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
        )
    except OSError as error:
        raise AtsnError(f"the keeper of {home} could not be started: {error}") from error
    said = (await process.communicate())[1].decode(errors="replace").strip()
    if process.returncode == ANOTHER_LIVES:
        return False
    if process.returncode != 0:
        raise AtsnError(
            f"the keeper of {home} could not be started: {said or f'it ended with {process.returncode}'}"
        )
    return True
