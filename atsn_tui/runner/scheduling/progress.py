"""Up to where a task's due times have been handled: pure functions on stretches of time.

A stretch is a time in which every due time has been handled, so none of it is ever handled again. As long as the
clock only goes forward there is one, and it grows. When the clock was far ahead and is put right, the stretch in
the future stays, so what ran there does not run again when its time really comes; and a new one begins now, so
that the task does not stand still until then.
"""

from collections.abc import Sequence

from atsn_tui.store.instants import Stretch

Stretches = tuple[Stretch, ...]

MOST = 32
"""The most stretches that are kept of a task: the latest ones."""


def cursor(stretches: Sequence[Stretch], edited: int, now: int) -> int:
    """The moment after which due times count: the later of the last handled one and the last edit."""
    # An edit cannot lie in the future; if it seems to, the clock was ahead when it was made.
    past = [each.until for each in stretches if each.since <= now]
    return max(min(edited, now), *past) if past else min(edited, now)


def handled_until(stretches: Sequence[Stretch], due: int) -> int | None:
    """If that due time has been handled: the moment up to which all have been."""
    return next((each.until for each in stretches if each.since < due <= each.until), None)


def handle(stretches: Stretches, due: int, *, apart: bool = False) -> Stretches:
    """The stretches after the due time `due` has been handled, the first one that counted.

    `apart`: what lies before it is not counted as handled, because the clock leapt over it.
    """
    if handled_until(stretches, due) is not None:
        return stretches
    before = [each.until for each in stretches if each.until < due]
    begun = Stretch(max(before) if before and not apart else due - 1, due)
    kept: list[Stretch] = []
    for each in stretches:
        if each.since <= begun.until and begun.since <= each.until:
            begun = Stretch(min(begun.since, each.since), max(begun.until, each.until))
        else:
            kept.append(each)
    return tuple(sorted([*kept, begun], key=_end)[-MOST:])


def _end(stretch: Stretch) -> int:
    return stretch.until
