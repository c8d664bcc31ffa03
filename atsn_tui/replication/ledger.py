"""What is remembered of each link between rounds: its last result, and the digests that it settled or was held at."""

import sqlite3

from msgspec.structs import replace

from atsn_tui.errors import AtsnError
from atsn_tui.model.peer import Link
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import LinkResult
from atsn_tui.replication.context import Context
from atsn_tui.replication.link import Prepared, Settled
from atsn_tui.store import audit, links
from atsn_tui.store.links import LinkState

KEPT = 200
"""The most changes of a plan that are remembered in full."""

FRESH = 30_000_000
"""An unchanged result is written again only after this long, in µs, so that watching costs no commits."""

Stand = tuple[bytes, bytes | None]


async def settled(context: Context, link: Link, mode: Mode) -> Settled | None:
    """Where the link had nothing to do when it was last compared in its own mode; None in another mode."""
    if mode != link.mode:
        return None
    state = await context.store.read(lambda db: links.get_state(db, link.id))
    if state.primary is None or state.secondary is None:
        return None
    if state.result is None:
        return Settled(state.primary, state.secondary)
    return Settled(state.primary, state.secondary, state.result.conflicts, state.result.left_alone)


async def save(context: Context, result: LinkResult, prepared: Prepared | None = None) -> LinkResult:
    """Remember a link's result, and return it: marked as repeated if it is held just as it was before.

    A comparison in another mode than the link's own is not remembered.
    """
    link_id = result.link_id
    if link_id is None:
        return result
    now, stand = context.now(), prepared.stand if prepared else None

    def read(db: sqlite3.Connection) -> tuple[LinkState, LinkState] | None:
        link = links.get(db, link_id)
        if link is None or (link.mode != result.mode and result.state != "applied"):
            return None
        before = links.get_state(db, link_id)
        return before, _after(before, result, stand, now)

    found = await context.store.read(read)
    if found is None:
        return result
    before, after = found
    repeated = result.state == "held" and before.held is not None and before.held == after.held
    stale = result.state == "applied" or now - (before.last_at or 0) >= FRESH
    if replace(after, last_at=before.last_at) != before or stale:

        def write(db: sqlite3.Connection) -> None:
            again = read(db)
            if again is not None:
                links.set_state(db, link_id, again[1])
            if result.state == "applied" and result.direction == "push":
                _tell(db, result, link_id, prepared)

        await context.store.write(write)
    return replace(result, repeated=repeated)


async def keep(context: Context, result: LinkResult, prepared: Prepared | None) -> LinkResult:
    """Save it; if that cannot be done, what became of the link has to be told all the same."""
    where = f"{result.direction} {result.group} {result.peer}"
    try:
        saved = await save(context, result, prepared)
    except AtsnError as error:
        context.troubles.trouble(
            where, f"the result of {result.group} with {result.peer} is not kept: {error}"
        )
        return result
    context.troubles.well(where)
    return saved


def shortened(result: LinkResult) -> LinkResult:
    """The result with so many changes as are worth keeping."""
    return replace(result, changes=result.changes[:KEPT], conflicts=result.conflicts[:KEPT])


def _tell(db: sqlite3.Connection, result: LinkResult, link_id: str, prepared: Prepared | None) -> None:
    """Record who pushed what; the receiver's history has the rest. What is pulled is in the history here."""
    link = links.get(db, link_id)
    counted = result.applied
    told = f"{counted.added} added, {counted.updated} updated, {counted.deleted} deleted"
    brakes = prepared.verdict.brakes if prepared else ()
    allowed = f"; allowed: {'; '.join(brake.text for brake in brakes)}" if brakes else ""
    proposal = prepared.proposal if prepared else None
    audit.note(
        db,
        "replication.push",
        link_id,
        result.group,
        group_id=result.group_id or "",
        peer_id=link.peer_id if link else "",
        summary=f"to {result.peer}, {result.mode}: {told}{', settings' if counted.settings else ''}{allowed}",
        after=None if proposal is None else {"cycle": proposal.cycle, "digest": proposal.plan.promise.hex()},
    )


def _after(before: LinkState, result: LinkResult, stand: Stand | None, now: int) -> LinkState:
    if stand is None and before.result is not None:
        # Nothing was compared: what was settled before still is, with what was left alone then.
        known = before.result
        result = replace(result, conflicts=known.conflicts, left_alone=known.left_alone)
    after = replace(before, last_at=now, result=shortened(result))
    if stand is None:
        return after
    after = replace(after, primary=None, secondary=None)
    match result.state:
        case "in_sync" if stand[1] is not None:
            return replace(after, primary=stand[0], secondary=stand[1], held=None)
        case "applied":
            return replace(after, held=None)
        case "held":
            return replace(after, held=stand)
    return after
