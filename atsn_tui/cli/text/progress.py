"""Progress of long work: one line on stderr, only on a terminal, gone when the work is done."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from atsn_tui.cli.text.clean import clean
from atsn_tui.model.result import LinkResult


class Progress:
    """Counts results as they come in."""

    def __init__(self, what: str, total: int | None, show: bool) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._show = show
        self._write(self._line())

    def __call__(self, result: LinkResult) -> None:
        """A link's result has come."""
        self._done += 1
        self._write(f"{self._line()} {result.peer}")

    def end(self) -> None:
        """Remove the line."""
        self._write("")

    def _line(self) -> str:
        count = f" {self._done}/{self._total}" if self._total else ""
        return f"{self._what}{count} …"

    def _write(self, line: str) -> None:
        if self._show:
            sys.stderr.write(f"\r\x1b[K{clean(line)[:78]}")
            sys.stderr.flush()


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Progress]:
    """A progress line while the block runs; call it with each result."""
    able = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    shown = Progress(what, total, show=able)
    try:
        yield shown
    finally:
        shown.end()
