"""Due times kept by the minute, as moments in µs."""

from collections.abc import Iterator

from atsn_tui.model.dates import SECOND
from atsn_tui.node.agenda.facts import MINUTE
from atsn_tui.schedule.minutes import Minutes


def first_of(minutes: Minutes, most: int) -> list[int]:
    """The first `most` moments."""
    found: list[int] = []
    for moment in each_of(minutes):
        if len(found) == most:
            break
        found.append(moment)
    return found


def last_of(minutes: Minutes) -> int:
    """The last moment; ValueError if there is none."""
    minute = max(minutes)
    return minute * MINUTE + minutes[minute][-1] * SECOND


def count_of(minutes: Minutes) -> int:
    """How many moments there are."""
    return sum(map(len, minutes.values()))


def each_of(minutes: Minutes) -> Iterator[int]:
    """All moments, in order."""
    for minute in sorted(minutes):
        for second in minutes[minute]:
            yield minute * MINUTE + second * SECOND
