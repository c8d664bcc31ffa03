"""The exit code of a round over links."""

from collections.abc import Iterable

from atsn_tui.model.result import EXIT_CODES, LinkResult


def exit_code(results: Iterable[LinkResult]) -> int:
    """The highest code of the links' states; 0 without links."""
    return max((EXIT_CODES[result.state] for result in results), default=0)
