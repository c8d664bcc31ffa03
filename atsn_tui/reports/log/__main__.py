"""Append lines from standard input to a log file, as whoever this process runs as: PATH MAX_BYTES KEEP."""

import sys
from pathlib import Path

from atsn_tui.errors import AtsnError
from atsn_tui.reports.log.writer import write_log

if __name__ == "__main__":
    try:
        write_log(Path(sys.argv[1]), sys.stdin.read().split("\n"), int(sys.argv[2]), int(sys.argv[3]))
    except AtsnError as error:
        sys.exit(str(error))
