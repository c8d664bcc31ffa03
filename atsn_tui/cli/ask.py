"""Questions to the person at the terminal, which Ctrl-C and the event loop survive."""

import asyncio
import sys


def someone_there() -> bool:
    """Whether a person can read a question and answer it."""
    return sys.stdin.isatty() and sys.stdout.isatty()


async def ask(question: str) -> str:
    """The answer to a question, without blanks around it; empty at the end of input.

    The event loop goes on meanwhile, so that open connections stay alive.
    """
    sys.stdout.write(f"{question} ")
    sys.stdout.flush()
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        sys.stdout.write("\n")
    return line.strip()


async def agreed(question: str) -> bool:
    """Whether the person says yes; anything else is a no."""
    return (await ask(f"{question} [y/N]")).lower() in ("y", "yes")
