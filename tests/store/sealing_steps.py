"""Doing something to a password in a process that is killed, as by `kill -9`, at any step of it."""

import os
import signal

from atsn_tui.home.home import Home
from atsn_tui.store.database import sealing


def _seal(home: Home, number: int, old: str | None, new: str | None) -> None:
    seen = 0

    def step(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sealing.seal(home, old, new, step)


def killed_at(home: Home, number: int, old: str | None, new: str | None) -> bool:
    """Whether a process that did it was killed at that step; False: it came to its end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _seal(home, number, old, new)
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), f"it ended with {status}"
    return status != 0
