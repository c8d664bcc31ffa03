"""Small pieces of English for sentences about schedules."""

from collections.abc import Sequence
from itertools import pairwise

WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def length(seconds: int) -> str:
    """`15 min`, `2 h`, `1 day`: a length of time in its largest whole unit."""
    for size, unit in ((86_400, "day"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            number = seconds // size
            return f"{number} {unit}{'s' if unit == 'day' and number > 1 else ''}"
    return f"{seconds} s"


def every(seconds: int) -> str:
    """`every 15 min`, `every hour`."""
    one = {86_400: "day", 3600: "hour", 60: "minute", 1: "second"}
    return f"every {one.get(seconds) or length(seconds)}"


def ordinal(number: int) -> str:
    """`1st`, `22nd`, `13th`."""
    last = number % 10 if number // 10 % 10 != 1 else 0
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def runs(values: Sequence[int]) -> list[tuple[int, int]]:
    """The stretches without a hole in sorted numbers, as first and last."""
    found: list[tuple[int, int]] = []
    for value in values:
        if found and value == found[-1][1] + 1:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return found


def named(values: Sequence[int], names: Sequence[str]) -> str:
    """`Mon–Fri`, `Jan, Jul`: names by their numbers; two neighbours are listed, more make a range."""
    parts: list[str] = []
    for first, last in runs(values):
        if last - first > 1:
            parts.append(f"{names[first]}–{names[last]}")
        else:
            parts.extend(names[value] for value in range(first, last + 1))
    return ", ".join(parts)


def stride(values: Sequence[int]) -> int:
    """The equal distance between at least two sorted numbers, else 0."""
    steps = {later - sooner for sooner, later in pairwise(values)}
    return steps.pop() if len(steps) == 1 else 0
