"""Whether a group was changed here since a link last left both sides in sync."""

import sqlite3

from atsn_tui.model.peer import Link
from atsn_tui.store import groups, history
from atsn_tui.store.links import LinkState


def changed_since(db: sqlite3.Connection, link: Link, state: LinkState) -> bool:
    """Whether the group was changed here after a round that left both sides in sync."""
    group = groups.get_group(db, link.group_id) if link.group_id else None
    if group is None or state.result is None:
        return False
    if state.result.state == "in_sync":
        ours = state.primary if link.direction == "push" else state.secondary
        return ours is not None and ours != group.digest
    if state.result.state == "applied":
        newest = history.list_history(db, group.id, limit=1)
        return bool(newest) and newest[0].entry.at > (state.last_at or 0)
    return False
