"""The brake: what makes this node hold a plan that it received, and what an allowance covers."""

from collections.abc import Iterable

from atsn_tui.home.config import BrakeLimits
from atsn_tui.model import dates
from atsn_tui.model.brake import Allowance, Brake
from atsn_tui.model.record import Head, Record
from atsn_tui.model.words import plural
from atsn_tui.replication.replica import Proposal


def brakes(
    proposal: Proposal, total: int, limits: BrakeLimits, seen: Head | None, now: int, *, own_link: bool
) -> list[Brake]:
    """Why the plan for a group of `total` tasks should wait for a person.

    `seen` is the primary's head at its last apply here; `now` is in µs; `own_link`: the link is this node's.
    """
    return [
        *_deletions(proposal, total, limits, _most(proposal.max_deletions, limits, own_link)),
        *restored(proposal.head, seen, proposal.restored, lacks=proposal.lacks),
        *_future(proposal.records, now, limits),
    ]


def standing(found: Iterable[Brake], deletions: int, allow: Allowance) -> list[Brake]:
    """The brakes that still hold a plan with that many deletions when so much is allowed."""
    return [brake for brake in found if not _covered(brake, deletions, allow)]


def _covered(brake: Brake, deletions: int, allow: Allowance) -> bool:
    if brake.code in ("deletions", "emptied"):
        return allow.deletions >= deletions
    return {"restored": allow.restored, "future": allow.future, "other_primary": allow.other_primary}[
        brake.code
    ]


def _most(of_link: int | None, limits: BrakeLimits, own_link: bool) -> int:
    """The most deletions that pass. A limit that came with a peer's push cannot widen ours."""
    if of_link is None:
        return limits.max_deletions
    return of_link if own_link else min(of_link, limits.max_deletions)


def _deletions(proposal: Proposal, total: int, limits: BrakeLimits, most: int) -> list[Brake]:
    count = proposal.plan.count("delete")
    if count and count == total and not proposal.plan.count("add"):
        what = "its only task" if total == 1 else f"all {total} tasks"
        return [Brake(code="emptied", text=f"the primary is empty: {what} would be deleted")]
    if count > most:
        why = f"more than {most} are held"
    elif count >= limits.min_deletions_for_share and count * 100 > total * limits.max_share:
        why = f"more than {limits.max_share} % are held"
    else:
        return []
    return [Brake(code="deletions", text=f"{count} of {plural(total, 'task')} would be deleted; {why}")]


def restored(head: Head, seen: Head | None, backup: int | None, *, lacks: bool) -> list[Brake]:
    """Why a primary with that head is not the one, or not in the state after the one, whose head was `seen`.

    `lacks`: its history has another state in that place.
    """
    if seen is None:
        return []
    if head.store_id != seen.store_id:
        return [Brake(code="restored", text=_another_database(head, seen, backup))]
    if head.sequence < seen.sequence:
        text = f"the primary's history went back from change {seen.sequence} to {head.sequence}"
    elif head.sequence == seen.sequence and head.digest != seen.digest:
        text = f"the primary's state differs from the one seen before at the same change {head.sequence}"
    elif lacks:
        text = (
            f"the primary is at its change {head.sequence}, but its change {seen.sequence} is another one than the "
            "one that was applied here"
        )
    else:
        return []
    return [Brake(code="restored", text=f"{text}: {_BY_HAND}")]


_BY_HAND = (
    "its files were put back by hand, or its machine was cloned and there are two of it now; a clone becomes a node "
    "of its own with: atsn identity --new"
)


def _another_database(head: Head, seen: Head, backup: int | None) -> str:
    if backup is None:
        return "the primary has another database than before: it was made anew, or put back by hand"
    made = dates.format_date(backup)[:16].replace("T", " ")
    return (
        f"the primary was restored from a backup of {made} UTC: it is at its change {head.sequence}, and its change "
        f"{seen.sequence} was applied here before; what it lost since the backup would be undone here"
    )


def _future(records: tuple[Record, ...], now: int, limits: BrakeLimits) -> list[Brake]:
    ahead = [
        record.modified for record in records if record.modified > now + limits.clock_ahead * dates.SECOND
    ]
    if not ahead:
        return []
    many = "1 change is" if len(ahead) == 1 else f"{len(ahead):,} changes are"
    text = f"{many} dated in the future, up to {dates.format_date(max(ahead))}"
    return [Brake(code="future", text=f"{text}: check the clocks")]
