"""Tasks that are to be removed when they are over."""

import sqlite3

from atsn_tui.runner.scheduling.entry import Entry
from atsn_tui.runner.scheduling.state import State
from atsn_tui.store import changes, groups, instants, runs, tasks
from atsn_tui.store.changes import Edit
from atsn_tui.store.changes import Entry as Told
from atsn_tui.store.instants import Key


def retire(state: State, entry: Entry) -> None:
    """Remove the task if nothing will make it run any more and it wants that; called when nothing is due.

    In a replicated group it stays, with a mark on this node alone. What has never run stays too: somebody may ask why.
    """
    if entry.over or entry.times is None or not entry.times.bounded or state.active.of_task(entry.key):
        return
    task = entry.task
    if not task.enabled or not task.options.remove_when_over:
        return
    told = Told(
        kind="edit",
        at=state.now,
        who="scheduler",
        source="service",
        summary=f"removed {task.path}, which is over",
    )
    key, fingerprint, edited = entry.key, entry.fingerprint, entry.edited
    state.batch.write(lambda db: _retire(db, key, fingerprint, edited, told))


def _retire(db: sqlite3.Connection, key: Key, fingerprint: bytes, edited: int, told: Told) -> None:
    group = groups.get_group(db, key[0])
    if group is None or not runs.ran_since(db, *key, edited):
        return
    if group.replicated:
        instants.set_over(db, key)
        return
    for row in tasks.get(db, key[0], [key[1]]):
        if row.record.fingerprint == fingerprint:
            changes.commit(db, key[0], [Edit(key[1], None, row.origin)], told)
