"""The console of the demo, on our terminal, which is as before when it ends."""

import asyncio
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from atsn_tui.cli.demo.process import atsn_words, environment, finished

_AS_BEFORE = (
    "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[<u\x1b[0m"
)
"""Leaves the other screen, shows the cursor, and turns mouse, focus, paste and key reports off."""


async def show_console(home: Path) -> int:
    """Run `atsn` on that node until it is left; its exit code."""
    with _terminal_restored():
        process = await asyncio.create_subprocess_exec(*atsn_words(home), env=environment())
        return await finished(process)


@contextmanager
def _terminal_restored() -> Iterator[None]:
    """A console that was killed leaves the terminal as it needed it; undo that."""
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    try:
        yield
    except BaseException:
        with suppress(OSError):  # the terminal may be gone
            sys.stdout.write(_AS_BEFORE)
            sys.stdout.flush()
        raise
    finally:
        with suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSADRAIN, before)
