"""What a run printed, on its way to standard output."""

import sys

from atsn_tui.cli.text.visible import Visible


class Printing:
    """Writes bytes on as they come: as they are, or legible and harmless on a terminal."""

    def __init__(self, raw: bool = False) -> None:
        self._visible = Visible() if sys.stdout.isatty() and not raw else None
        self._last = ""
        self.anything = False
        """Whether anything was written."""

    def __call__(self, data: bytes) -> None:
        """Write the next bytes."""
        self.anything = self.anything or bool(data)
        if self._visible is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            self._write(self._visible(data))

    def end(self) -> None:
        """There is no more; on a terminal, the last line is ended."""
        if self._visible is not None:
            self._write(self._visible(b"", end=True))
            self._write("" if self._last in ("", "\n") else "\n")

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
        self._last = text[-1:] or self._last


def aside(line: str) -> None:
    """Tell a line on stderr, beside the output of a run."""
    print(line, file=sys.stderr, flush=True)
