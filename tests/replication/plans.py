"""Proposals made by hand from what two hosts hold, to be sent as they are or twisted first."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from atsn_tui.merge import plan as merge
from atsn_tui.model.digest import bucket_hashes, group_digest
from atsn_tui.model.plan import Change, Mode, Plan, Side
from atsn_tui.model.record import Head, Record
from atsn_tui.model.text import new_id
from atsn_tui.replication.replica import Proposal
from atsn_tui.replication.stored import read_records
from atsn_tui.store import groups
from tests.replication.world import GROUP, Host


async def side(host: Host, group_id: str = GROUP) -> Side:
    """The whole group as a merge sees it."""
    return await host.store.read(lambda db: groups.side(db, group_id))


async def proposal(
    primary: Host, secondary: Host, mode: Mode = "strict", group_id: str = GROUP, **values: Any
) -> Proposal:
    """What the primary would have the secondary apply."""
    plan = merge(await side(primary, group_id), await side(secondary, group_id), mode)
    ids = [change.id for change in plan.changes if change.after is not None]

    def read(db: sqlite3.Connection) -> tuple[dict[str, Record], Head | None]:
        return read_records(db, group_id, ids), groups.head(db, group_id)

    records, head = await primary.store.read(read)
    assert head is not None
    made = Proposal(
        plan=plan,
        bodies=tuple(records[identity].body for identity in ids),
        head=head,
        path=(primary.store.node_id,),
        attended=False,
        cycle=new_id(),
    )
    return replace(made, **values)


def twisted(honest: Proposal, secondary: Side, *changes: Change, new: Iterable[Record] = ()) -> Proposal:
    """The proposal with other changes, promising the digest that they lead to (if they lead to any).

    It brings the bodies of the honest one's records and of the `new` ones, wherever a change names them.
    """
    known = {record.row: record.body for record in (*honest.records, *new)}
    bodies = tuple(known.get(change.after, b"") for change in changes if change.after is not None)
    return replace(honest, plan=replanned(honest.plan, secondary, *changes), bodies=bodies)


def replanned(plan: Plan, secondary: Side, *changes: Change) -> Plan:
    """The plan with other changes, and the promise that fits them."""
    tasks, settings = dict(secondary.tasks), secondary.settings
    for change in changes:
        if change.op == "settings":
            settings = change.after
        elif change.after is None:
            tasks.pop(change.id, None)
        else:
            tasks[change.id] = change.after
    promise = plan.promise
    if settings is not None:
        promise = group_digest(plan.group_id, settings, bucket_hashes(tasks.values()))
    return replace(plan, changes=changes, promise=promise)
