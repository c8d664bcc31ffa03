"""Strict makes the secondary a copy; easy takes over what is newer or missing, and nothing else."""

from collections.abc import Sequence
from typing import Literal

from atsn_tui.model.digest import bucket_hash, bucket_hashes, bucket_of, group_digest
from atsn_tui.model.plan import Change, Conflict, Mode, Plan, Side, Why
from atsn_tui.model.record import Row
from atsn_tui.model.result import LeftAlone


def plan(primary: Side, secondary: Side, mode: Mode) -> Plan:
    """What the secondary must change to follow the primary.

    Both sides must hold all rows of every bucket in which they differ; of the others both hold all or none.
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
    promised = after(secondary, changes)
    assert promised.digest is not None
    return Plan(
        group_id=primary.group_id,
        mode=mode,
        primary=primary.digest,
        base=secondary.digest,
        promise=promised.digest,
        changes=tuple(changes),
        conflicts=tuple(conflicts),
    )


def left_alone(primary: Side, secondary: Side, mode: Mode) -> LeftAlone:
    """What the plan of these sides does not touch on the secondary, though it is not as on the primary."""
    if mode == "strict":
        return LeftAlone()
    pairs = [(ours, secondary.tasks.get(task_id)) for task_id, ours in primary.tasks.items()]
    if primary.settings is not None:
        pairs.append((primary.settings, secondary.settings))
    newer = sum(theirs is not None and theirs.modified > ours.modified for ours, theirs in pairs)
    return LeftAlone(newer=newer, extra=len(secondary.tasks.keys() - primary.tasks.keys()))


def after(side: Side, changes: Sequence[Change]) -> Side:
    """The side as the changes leave it, with its digest. It must hold all rows of the buckets they touch."""
    settings, tasks = apply_rows(side, changes)
    if side.buckets is None:
        hashes = bucket_hashes(tasks.values())
    else:
        hashes = list(side.buckets)
        touched: dict[int, list[Row]] = {
            bucket_of(change.id): [] for change in changes if change.op != "settings"
        }
        for row in tasks.values() if touched else ():
            if (bucket := bucket_of(row.id)) in touched:
                touched[bucket].append(row)
        for bucket, rows in touched.items():
            hashes[bucket] = bucket_hash(rows)
    digest = group_digest(side.group_id, settings, hashes)
    return Side(side.group_id, settings, tasks, digest, tuple(hashes))


def apply_rows(side: Side, changes: Sequence[Change]) -> tuple[Row, dict[str, Row]]:
    """The settings' row and the tasks' rows of a side after the changes.

    ValueError if they bring no settings to a group that has none; KeyError if they delete what is not there.
    """
    settings, tasks = side.settings, dict(side.tasks)
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
