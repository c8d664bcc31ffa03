"""What is stored of a replicated group, as comparing and applying want it."""

import sqlite3
from collections.abc import Collection, Iterable

from atsn_tui.model.plan import Side
from atsn_tui.model.record import Origin, Record
from atsn_tui.store import groups, tasks


def read_side(db: sqlite3.Connection, group_id: str, buckets: Collection[int]) -> Side:
    """A replicated group with the rows of those buckets; any other is absent."""
    row = groups.get_group(db, group_id)
    if row is None or not row.replicated:
        return Side(group_id, None, {}, None)
    rows = {each.id: each for each in groups.rows(db, group_id, buckets)}
    return Side(group_id, row.settings.row, rows, row.digest, tuple(groups.buckets(db, group_id)))


def read_records(db: sqlite3.Connection, group_id: str, ids: Iterable[str]) -> dict[str, Record]:
    """The stored records of those ids; the settings go by the group's id."""
    return read_kept(db, group_id, ids)[0]


def read_kept(
    db: sqlite3.Connection, group_id: str, ids: Iterable[str]
) -> tuple[dict[str, Record], dict[str, Origin]]:
    """The stored records of those ids, and their origins; the settings go by the group's id."""
    wanted = list(ids)
    found = [(row.record, row.origin) for row in tasks.get(db, group_id, wanted)]
    if group_id in wanted and (row := groups.get_group(db, group_id)) is not None:
        found.append((row.settings, row.origin))
    return {record.id: record for record, _ in found}, {record.id: origin for record, origin in found}
