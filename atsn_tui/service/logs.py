"""The service's log on standard error: one line for each event, whatever stands in it."""

import logging
import sys
from collections.abc import Mapping


class OneLine(logging.Formatter):
    """A record as one line: what came from elsewhere can neither forge a line nor steer a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback stands behind it, indented."""
        trace, record.exc_info, record.exc_text = record.exc_info, None, None
        line = "".join(
            char if char.isprintable() else f"\\x{ord(char):02x}" for char in super().format(record)
        )
        if not trace or trace[0] is None:
            return line
        return "\n  ".join([line, *self.formatException(trace).splitlines()])


def write_to_stderr(environ: Mapping[str, str]) -> None:
    """Log to standard error from now on, unless logging is set up already. The journal dates lines itself."""
    root = logging.getLogger()
    if root.handlers:
        return
    dated = "" if "JOURNAL_STREAM" in environ else "%(asctime)s "
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(f"{dated}%(levelname)s %(message)s"))
    root.addHandler(handler)
    logging.getLogger("atsn_tui").setLevel(logging.INFO)
