"""Forgetting old records, a few tasks at a time."""

import sqlite3
from collections.abc import Iterable

from atsn_tui.runner.scheduling.retention import DAY, Retention
from atsn_tui.store import decisions, holds, runs
from atsn_tui.store.instants import Key

_AT_ONCE = 1000
"""Runs of all tasks that are looked at in one transaction."""


def sweep_tasks(db: sqlite3.Connection, keys: Iterable[Key], retention: Retention) -> list[str]:
    """Forget what these tasks have too much of; the ids of the runs that went."""
    numbers: list[int] = []
    for key in keys:
        numbers += runs.surplus_of(db, *key, retention.runs_per_task)
        decisions.prune(db, *key, retention.decisions_per_task)
    return runs.remove(db, numbers) if numbers else []


def sweep_all(db: sqlite3.Connection, retention: Retention, now: int) -> list[str]:
    """Forget what is too old, or too much of all tasks together; the ids of the runs that went."""
    oldest = now - retention.days * DAY
    decisions.prune_all(db, oldest, retention.decisions)
    holds.prune(db, now)
    numbers = runs.ended_before(db, oldest, _AT_ONCE)
    gone = runs.remove(db, numbers) if numbers else []
    numbers = runs.surplus(db, retention.runs, _AT_ONCE)
    return gone + (runs.remove(db, numbers) if numbers else [])
