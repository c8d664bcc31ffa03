"""Due times that have passed: how late they are, which of them still run, and how those are found that do not."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from atsn_tui.model.dates import SECOND

PROMPT = 5 * SECOND
"""So late, in µs, every due time runs as if it were on time: the machine was busy."""

GRACE = 60 * SECOND
"""So late the latest due time runs: the service was restarted, or the machine slept for a moment."""

LEAP = 3600 * SECOND
"""A longer time without a look at the clock is a leap: what lies in it may still come, should the clock go back."""

MOST = 200
"""So many due times are looked at one by one."""

_WINDOWS = tuple(size * SECOND for size in (60, 3600, 86_400, 32 * 86_400, 367 * 86_400))

Next = Callable[[int], int | None]
"""The first due time later than a moment."""


class Missed(NamedTuple):
    """Due times that passed and do not run."""

    first: int
    last: int
    number: int
    """How many."""
    exact: bool
    """False: there were more."""


class Verdict(NamedTuple):
    """What becomes of due times that have passed."""

    prompt: tuple[int, ...]
    """These run as on time, in this order."""
    made_up: int | None
    """This one runs in their stead."""
    missed: Missed | None


def passed(first: int, until: int, following: Next) -> tuple[list[int], bool]:
    """The due times from `first` up to `until`, and whether that is all of them.

    If there are too many, the last ones are the latest all the same, without a gap as far as they matter.
    """
    found = [first]
    while len(found) < MOST:
        due = following(found[-1])
        if due is None or due > until:
            return found, True
        found.append(due)
    latest = _latest(found[-1], until, following)
    return [*found, *latest], not latest


def judge(
    dues: Sequence[int],
    exact: bool,
    late: Callable[[int], int],
    missed: Literal["skip", "once"],
    window: int,
) -> Verdict:
    """What becomes of these due times, in order. `late` says how many µs late one is; `window` is in µs."""
    prompt = tuple(due for due in dues if late(due) <= PROMPT)
    grace = min(GRACE, window) if missed == "once" else GRACE
    if not prompt and late(dues[-1]) <= grace:
        prompt = (dues[-1],)
    rest = list(dues[: len(dues) - len(prompt)])
    made_up = None
    if not prompt and missed == "once" and late(dues[-1]) <= window:
        made_up = rest.pop()
    return Verdict(prompt, made_up, Missed(rest[0], rest[-1], len(rest), exact) if rest else None)


def _latest(known: int, until: int, following: Next) -> list[int]:
    """The latest due times later than `known` and up to `until`, found from the end: all prompt ones, and two more."""
    found: list[int] = []
    for window in _WINDOWS:
        start = max(known, until - window)
        found = []
        due = following(start)
        while due is not None and due <= until:
            found = [*(found if due >= until - PROMPT else found[-1:]), due]
            due = following(due)
        if (len(found) >= 2 and found[1] < until - PROMPT) or start == known:
            break
    return found
