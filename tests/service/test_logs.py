"""The service's log: one line for each event, whatever stands in it."""

import logging
import sys

from atsn_tui.service.logs import OneLine


def written(message: str, error: Exception | None = None) -> str:
    trace = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%s", (message,), trace)
    return OneLine("%(levelname)s %(message)s").format(record)


def test_what_a_peer_says_can_neither_forge_a_line_nor_steer_a_terminal() -> None:
    assert written("a\nERROR b \x1b[31m c\r") == "INFO a\\x0aERROR b \\x1b[31m c\\x0d"
    assert written("Größe ☃") == "INFO Größe ☃"


def test_a_traceback_stands_behind_its_line() -> None:
    try:
        int("x")
    except ValueError:
        line, *rest = written("broken", sys.exc_info()[1]).split("\n")  # type: ignore[arg-type]
    assert line == "INFO broken"
    assert rest[-1].startswith("  ValueError")
    assert all(each.startswith("  ") for each in rest)
