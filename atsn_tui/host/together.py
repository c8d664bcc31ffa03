"""Errors of work that was done side by side."""

from collections.abc import Iterator
from contextlib import contextmanager

from atsn_tui.errors import AtsnError


@contextmanager
def first_error() -> Iterator[None]:
    """Of several errors at once, raise the first of ours, which says what to do; else the first of all."""
    try:
        yield
    except ExceptionGroup as group:
        ours, _ = group.split(AtsnError)
        raise _first(ours or group) from group


def _first(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
