"""Who acts: every change is recorded with the person or the peer behind it, and where they are."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class By:
    """A person at a front end, or a peer at an address."""

    who: str
    source: str
    peer_id: str = ""
    """Set if it is a peer."""


_acting: ContextVar[By | None] = ContextVar("acting", default=None)


def current() -> By:
    """Who acts now; whoever runs this process, if nobody has said."""
    return _acting.get() or _nobody_said()


@contextmanager
def acting(by: By | None) -> Iterator[None]:
    """Let someone be the one who acts; None leaves that as it is."""
    token = _acting.set(by or _acting.get())
    try:
        yield
    finally:
        _acting.reset(token)


@cache
def _nobody_said() -> By:
    try:
        return By(getpass.getuser(), "")
    except (KeyError, OSError):
        return By("unknown", "")
