"""Standard input, read to its end."""

import signal
import sys


def read_stdin() -> bytes:
    """All of standard input. Ctrl-C ends the wait for it at once.

    The event loop would only note the signal and wait on, since reading blocks it.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return sys.stdin.buffer.read()
    finally:
        signal.signal(signal.SIGINT, before)
