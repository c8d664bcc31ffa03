"""The entry point, which imports almost nothing: Ctrl-C is quiet from the first moment on."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with these words, by default the process's own; the exit code."""
    try:
        from atsn_tui.cli.run import run

        return run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return 130  # as `run` does; the interrupt may come before it is imported
