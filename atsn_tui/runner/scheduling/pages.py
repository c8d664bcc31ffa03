"""Reading groups from the store, bucket by bucket: only what changed is read again. Runs on the store's thread."""

import sqlite3
from collections.abc import Mapping, Sequence

from msgspec import Struct

from atsn_tui.runner.scheduling.timing import counts
from atsn_tui.store import glance, groups, instants, tasks
from atsn_tui.store.groups import GroupRow
from atsn_tui.store.instants import Stretch, Timing
from atsn_tui.store.tasks import TaskRow

MOST_COMMITS = 200
"""So many commits of a group are looked at for edits when it is seen for the first time."""


class Cover(Struct, frozen=True):
    """A group without its tasks."""

    row: GroupRow
    buckets: tuple[bytes, ...]
    edits: Mapping[str, int]
    """When schedules were edited since the scheduler last looked, in µs."""
    seen: int | None
    """Up to which sequence it had looked."""


class Page(Struct, frozen=True):
    """Some buckets of a group."""

    hashes: Mapping[int, bytes]
    """Of the buckets."""
    present: frozenset[str]
    """All tasks that are in them."""
    changed: tuple[TaskRow, ...]
    """The tasks that are new or different."""
    timings: Mapping[str, Timing]
    stretches: Mapping[str, tuple[Stretch, ...]]
    """Both of the tasks that are new."""


class Memory(Struct, frozen=True):
    """What is stored of the times of all tasks of a group."""

    timings: Mapping[str, Timing]
    stretches: Mapping[str, tuple[Stretch, ...]]


def read_cover(db: sqlite3.Connection, group_id: str) -> Cover | None:
    """The group; None if it is gone."""
    row = groups.get_group(db, group_id)
    if row is None:
        return None
    seen = glance.seen(db, group_id)
    return Cover(row, tuple(groups.buckets(db, group_id)), _edits(db, row, seen), seen)


def _edits(db: sqlite3.Connection, row: GroupRow, seen: int | None) -> dict[str, int]:
    most = MOST_COMMITS if seen is None else row.sequence
    return glance.last_edits(db, row.id, seen or 0, counts, most)


def read_memory(db: sqlite3.Connection, group_id: str) -> Memory:
    """What is stored of a group's times."""
    return Memory(instants.timings(db, group_id), instants.stretches(db, group_id))


def read_page(
    db: sqlite3.Connection,
    group_id: str,
    buckets: Sequence[int],
    known: Mapping[str, bytes],
    *,
    with_memory: bool,
) -> Page:
    """Those buckets. `known` are the fingerprints of the tasks that are known.

    `with_memory`: read what is stored of the times of new tasks too.
    """
    hashes = groups.buckets(db, group_id) if groups.head(db, group_id) else []
    rows = groups.rows(db, group_id, buckets)
    changed = tasks.get(db, group_id, [row.id for row in rows if known.get(row.id) != row.fingerprint])
    new = [row.record.id for row in changed if with_memory and row.record.id not in known]
    return Page(
        {bucket: hashes[bucket] if hashes else b"" for bucket in buckets},
        frozenset(row.id for row in rows),
        tuple(changed),
        {task_id: instants.timing(db, (group_id, task_id)) for task_id in new},
        {task_id: instants.stretches_of(db, (group_id, task_id)) for task_id in new},
    )
