"""The past of a node: the history of its groups, undoing, and the audit log."""

import shlex
import sqlite3
from collections.abc import Iterable
from itertools import islice

from msgspec.structs import replace

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import find_group, find_task
from atsn_tui.node.past import undoing
from atsn_tui.node.past.views import (
    ChangeDetails,
    Difference,
    PastChange,
    UndoView,
    change_views,
    past_change,
)
from atsn_tui.store import history, past
from atsn_tui.store.history import HistoryRow

Named = tuple[str, str]
"""A group's id and name; it may have been removed."""


Changes = list[PastChange]
"""Newest first."""


class History:
    """Ask what happened to a group, and undo it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(self, group: str, limit: int | None = None) -> Changes:
        """The changes of a group, newest first. A group that was removed still has them."""

        def read(db: sqlite3.Connection) -> Changes:
            group_id, _ = find_past(db, group)
            return [past_change(row) for row in history.list_history(db, group_id, limit)]

        return await self._core.store.read(read)

    async def of_task(self, task: str, limit: int | None = None) -> Changes:
        """The changes of a group that touched one task, newest first; of the newest 1000 changes."""

        def read(db: sqlite3.Connection) -> Changes:
            group, found = find_task(db, task)
            rows = history.list_history(db, group.id, _SEARCHED)
            touched = (row for row in rows if _touches(db, row, found.record.id))
            return [past_change(row) for row in islice(touched, limit)]

        return await self._core.store.read(read)

    async def show(self, group: str, number: int) -> ChangeDetails:
        """One change of a group with all its fields. NotFound: there is none of that number."""

        def read(db: sqlite3.Connection) -> ChangeDetails:
            group_id, name = find_past(db, group)
            entry = history.get_entry(db, group_id, number)
            if entry is None:
                raise NotFound(
                    f"there is no change {number} in the history of {name!r}; see those there are with:"
                    f" atsn history {shlex.quote(name)}"
                )
            return ChangeDetails(
                group=name,
                group_id=group_id,
                change=past_change(entry),
                changes=change_views(group_id, entry.edits),
            )

        return await self._core.store.read(read)

    async def between(self, group: str, older: int, newer: int | None = None) -> Difference:
        """What is different after change `newer` (by default the last) from after change `older`."""

        def read(db: sqlite3.Connection) -> Difference:
            group_id, name = find_past(db, group)
            last = history.last_sequence(db, group_id)
            end = last if newer is None else newer
            for number in (older, end):
                if not 0 <= number <= last:
                    raise BadInput(f"there is no change {number} of {name!r}: its changes are 1 to {last}")
            edits = past.between(db, group_id, min(older, end), max(older, end))
            if older > end:
                edits = [undoing.turned(edit) for edit in edits]
            return Difference(
                group=name,
                group_id=group_id,
                older=older,
                newer=end,
                changes=change_views(group_id, edits),
            )

        return await self._core.store.read(read)

    async def preview_undo(self, group: str, to: int | None = None) -> UndoView:
        """What an undo would change: back to the state after change `to`, by default to before the last change."""

        def read(db: sqlite3.Connection) -> UndoView:
            return undoing.preview(db, *find_past(db, group), to)

        return await self._core.store.read(read)

    async def undo(self, shown: UndoView) -> UndoView:
        """Undo exactly what was shown. Moved: the group changed meanwhile."""
        core = self._core
        entry = replace(core.entry(f"back to change {shown.to}"), kind="undo")
        doer = undoing.Doer(entry, core.origin())
        return await core.store.write(lambda db: undoing.apply(db, shown, doer))


_SEARCHED = 1000


def find_past(db: sqlite3.Connection, which: str) -> Named:
    """The group with that id or name, be it that it was removed. NotFound or Ambiguous."""
    try:
        row = find_group(db, which)
    except NotFound:
        gone = [each for each in past.removed_groups(db) if which in (each.id, each.name)]
        if not gone:
            raise
        return gone[0].id, gone[0].name
    return row.id, row.name


def _touches(db: sqlite3.Connection, row: HistoryRow, task_id: str) -> bool:
    entry = history.get_entry(db, row.group_id, row.seq)
    edits: Iterable[history.PastEdit] = entry.edits if entry else ()
    return any(edit.id == task_id for edit in edits)
