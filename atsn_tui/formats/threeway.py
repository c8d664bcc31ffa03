"""Carrying an import's changes over to a task that may have been edited since."""

from typing import Any

from msgspec.structs import fields, replace

from atsn_tui.model.task import Options, Task, TaskMail

LOCAL_FIELDS = frozenset({"name", "enabled"})
"""What a crontab says nothing about: never compared, never carried over."""


def changed_fields(old: Task, new: Task) -> tuple[str, ...]:
    """The fields in which two imports of a job differ, apart from the local ones."""
    return tuple(
        field.name
        for field in fields(Task)
        if field.name not in LOCAL_FIELDS and getattr(old, field.name) != getattr(new, field.name)
    )


def carry_over(current: Task, old: Task, new: Task) -> Task:
    """`current` with what differs between two imports, and nothing else, set as in the new one.

    Environment, options and mail are carried over entry by entry.
    """
    return replace(current, **{name: _merged(name, current, old, new) for name in changed_fields(old, new)})


def _merged(name: str, current: Task, old: Task, new: Task) -> Any:
    ours, before, after = (getattr(task, name) for task in (current, old, new))
    if isinstance(after, dict):
        return _merged_entries(ours, before, after)
    if isinstance(after, Options | TaskMail):
        changes = {
            part.name: getattr(after, part.name)
            for part in fields(after)
            if getattr(before, part.name) != getattr(after, part.name)
        }
        return replace(ours, **changes)
    return after


def _merged_entries(ours: dict[str, str], before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    merged = dict(ours)
    for key in before.keys() - after.keys():
        merged.pop(key, None)
    merged.update({key: value for key, value in after.items() if before.get(key) != value})
    return merged
