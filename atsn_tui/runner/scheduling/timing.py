"""What counts as an edit of a task's schedule, and when the last one was."""

from functools import lru_cache

from atsn_tui.errors import BadInput
from atsn_tui.model.codec import decode_task
from atsn_tui.model.task import Task
from atsn_tui.store.history import PastEdit

Timing = tuple[object, ...]


def timing_of(task: Task) -> Timing:
    """Everything in a task that its due times come from."""
    return (
        task.schedules,
        task.timezone,
        task.start,
        task.end,
        task.options.on_holiday,
        task.options.jitter,
    )


def changes_timing(before: Task | None, after: Task | None) -> bool:
    """Whether that edit begins the task's times anew: another schedule, or it was disabled, or absent."""
    if before is None or after is None:
        return before is not after
    return timing_of(before) != timing_of(after) or (after.enabled and not before.enabled)


def counts(edit: PastEdit) -> bool:
    """Whether an edit in the history begins the task's times anew."""
    if edit.before is None or edit.after is None:
        return True
    return changes_timing(_task(edit.before.record.body), _task(edit.after.record.body))


@lru_cache(maxsize=1024)
def _task(body: bytes) -> Task | None:
    try:
        return decode_task(body)
    except BadInput:
        return None
