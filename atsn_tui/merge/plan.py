"""Strict makes the secondary a copy; easy takes over what is newer or missing, and nothing else."""

from typing import Literal

from atsn_tui.model.digest import bucket_hashes, group_digest
from atsn_tui.model.plan import Change, Conflict, Mode, Plan, Side, Why
from atsn_tui.model.record import Row


def plan(primary: Side, secondary: Side, mode: Mode) -> Plan:
    """What the secondary must change to follow the primary.

    ValueError if the primary lacks the group: an absent group is never an empty one.
    """
    if primary.settings is None or primary.digest is None:
        raise ValueError(f"the primary has no group {primary.group_id}")
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    settings = _decide(primary.settings, secondary.settings, mode)
    if settings == "conflict" and secondary.settings is not None:
        conflicts.append(Conflict(primary.group_id, primary.settings, secondary.settings))
    elif settings is not None and settings != "conflict":
        changes.append(Change("settings", primary.group_id, settings, secondary.settings, primary.settings))
    for task_id in sorted(primary.tasks):
        ours, theirs = primary.tasks[task_id], secondary.tasks.get(task_id)
        why = _decide(ours, theirs, mode)
        if why == "conflict" and theirs is not None:
            conflicts.append(Conflict(task_id, ours, theirs))
        elif why is not None and why != "conflict":
            changes.append(Change("add" if theirs is None else "update", task_id, why, theirs, ours))
    if mode == "strict":
        changes.extend(
            Change("delete", task_id, "only on secondary", secondary.tasks[task_id], None)
            for task_id in sorted(secondary.tasks.keys() - primary.tasks.keys())
        )
    settings_after, tasks_after = apply_rows(secondary, changes)
    return Plan(
        group_id=primary.group_id,
        mode=mode,
        primary=primary.digest,
        base=secondary.digest,
        promise=group_digest(primary.group_id, settings_after, bucket_hashes(tasks_after.values())),
        changes=tuple(changes),
        conflicts=tuple(conflicts),
    )


def apply_rows(secondary: Side, changes: list[Change] | tuple[Change, ...]) -> tuple[Row, dict[str, Row]]:
    """The settings' row and the tasks' rows of the secondary after the changes."""
    settings, tasks = secondary.settings, dict(secondary.tasks)
    for change in changes:
        if change.op == "settings":
            settings = change.after
        elif change.after is None:
            del tasks[change.id]
        else:
            tasks[change.id] = change.after
    if settings is None:
        raise ValueError("a plan for a missing group must bring its settings")
    return settings, tasks


def _decide(primary: Row, secondary: Row | None, mode: Mode) -> Why | Literal["conflict"] | None:
    if secondary is None:
        return "missing here"
    if primary.modified > secondary.modified:
        return "newer on primary"
    if primary.modified < secondary.modified:
        return "older on primary" if mode == "strict" else None
    if primary.fingerprint != secondary.fingerprint:
        return "same date, other content" if mode == "strict" else "conflict"
    return None
