"""Where text goes: a Rich console that never reads markup and never wraps or cuts what is piped."""

from typing import IO

from rich.console import Console

UNLIMITED = 100_000
"""The width for output that is piped."""


def console(stream: IO[str]) -> Console:
    """A console on that stream."""
    return Console(
        file=stream,
        markup=False,
        emoji=False,
        highlight=False,
        width=None if stream.isatty() else UNLIMITED,
    )
