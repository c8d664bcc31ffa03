"""What to say when a name fits nothing, or too much."""

import shlex
from collections.abc import Iterable

from atsn_tui.errors import Ambiguous, NotFound
from atsn_tui.model.nearest import nearest

SHOWN = 5


def not_found(what: str, name: str, known: Iterable[str], listing: str) -> NotFound:
    """NotFound with the nearest names, or the command that lists all."""
    names = sorted(set(known))
    if close := nearest(name, names, SHOWN, 0.5):
        return NotFound(f"no {what} is named {name!r}; the nearest: {', '.join(close)}")
    if not names:
        first = f"; to make one: atsn group add {shlex.quote(name)}" if what == "group" else ""
        return NotFound(f"no {what} is named {name!r}: there is none yet{first}")
    return NotFound(f"no {what} is named {name!r}; to see them all: {listing}")


def ambiguous(
    what: str, name: str, candidates: Iterable[str], way_out: str = "use the id of one of them"
) -> Ambiguous:
    """Ambiguous with every candidate on a line of its own."""
    lines = "\n  ".join(candidates)
    return Ambiguous(f"{name!r} fits more than one {what}; {way_out}:\n  {lines}")
