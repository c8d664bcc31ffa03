"""One link: compare both sides into a prepared plan, then apply exactly that, or nothing."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from msgspec.structs import replace

from atsn_tui.errors import AtsnError, Held, Moved, NotFound, Unreachable
from atsn_tui.merge import left_alone
from atsn_tui.merge import plan as merge
from atsn_tui.model.brake import Allowance
from atsn_tui.model.digest import BUCKETS
from atsn_tui.model.peer import Link, Peer
from atsn_tui.model.plan import Mode, Plan, Side
from atsn_tui.model.record import Head, Record, Row
from atsn_tui.model.result import ChangeView, ErrorView, LeftAlone, LinkResult
from atsn_tui.model.words import plural
from atsn_tui.replication.brake import standing
from atsn_tui.replication.describe import conflicts, describe
from atsn_tui.replication.lineage import Back, gone_back
from atsn_tui.replication.outcome import blank, done, failed
from atsn_tui.replication.replica import HeadInfo, Outline, Proposal, Replica, Verdict


@dataclass(frozen=True)
class Prepared:
    """A link's plan as it was shown: applying means applying this, or nothing."""

    link: Link
    mode: Mode
    near: Replica
    far: Replica
    result: LinkResult
    proposal: Proposal | None = None
    """None: there is nothing to do."""
    verdict: Verdict = Verdict()
    stand: tuple[bytes, bytes | None] = (b"", None)
    """Digests of primary and secondary that the plan was computed from; None where the group does not exist."""

    def noting(self, note: str) -> "Prepared":
        """The same with one more note, before the others."""
        return _with(self, notes=(note, *self.result.notes))

    def held(self, allow: Allowance) -> str | None:
        """Why the plan has to wait for a person who allows more; None if nothing is in its way."""
        if self.proposal is None:
            return None
        deletions, most = self.result.deletions, self.link.max_deletions
        texts = [brake.text for brake in standing(self.verdict.brakes, deletions, allow)]
        if self.link.direction == "push" and most is not None and deletions > max(most, allow.deletions):
            texts.append(f"{plural(deletions, 'task')} would be deleted; this link lets at most {most} pass")
        return "; ".join(texts) or None


@dataclass(frozen=True)
class Settled:
    """A pair of digests between which there was nothing to do, and what was left alone then."""

    primary: bytes
    secondary: bytes
    conflicts: tuple[ChangeView, ...] = ()
    left_alone: LeftAlone = LeftAlone()


@dataclass(frozen=True)
class Question:
    """What a link is asked to compare."""

    link: Link
    peer: Peer
    mode: Mode
    group_id: str
    group: str
    attended: bool
    cycle: str
    settled: Settled | None = None
    """As remembered of its last empty plan in this mode."""


async def prepare(question: Question, near: Replica, far: Replica) -> Prepared:
    """Compare both sides and have the receiver judge the plan. Errors are raised."""
    link, group_id, pushing = question.link, question.group_id, question.link.direction == "push"
    here = await near.head(group_id, question.group, link.direction)
    have = here.head.digest if here.head else None
    there = await far.head(group_id, question.group, link.direction, have, here.seen)
    primary_info, secondary_info = (here, there) if pushing else (there, here)
    if primary_info.head is None:
        raise NotFound(_absent(question, pushing))
    stand = (primary_info.head.digest, secondary_info.head.digest if secondary_info.head else None)
    prepared = Prepared(link, question.mode, near, far, _result(question), stand=stand)
    same = stand[0] == stand[1]
    back = None if same else await gone_back(near, here, there, group_id, link.direction)
    settled = question.settled
    if settled is not None and not back and stand == (settled.primary, settled.secondary):
        return _with(prepared, conflicts=settled.conflicts, left_alone=settled.left_alone)
    if same:
        return prepared
    known, other = await _sides(question, (near, here.head), (far, there.head))
    primary, secondary = (known, other) if pushing else (other, known)
    plan = await asyncio.to_thread(merge, primary, secondary, question.mode)
    prepared = _with(prepared, left_alone=left_alone(primary, secondary, question.mode))
    return await _judged(question, prepared, plan, primary_info, back)


async def _judged(
    question: Question, prepared: Prepared, plan: Plan, primary_info: HeadInfo, back: Back | None
) -> Prepared:
    """The plan with what a person has to know of it, and with its receiver's verdict.

    An empty plan of a primary that went back is for its receiver to hold, too: else nobody would hear of it.
    """
    near, far = prepared.near, prepared.far
    primary, secondary = (near, far) if question.link.direction == "push" else (far, near)
    before, after = await _bodies(plan, primary, secondary)
    prepared = _with(prepared, conflicts=await asyncio.to_thread(conflicts, plan, before, after))
    if (plan.empty and back is None) or primary_info.head is None:
        return prepared
    proposal = Proposal(
        plan=plan,
        bodies=tuple(after[change.id].body for change in plan.changes if change.after is not None),
        head=primary_info.head,
        path=primary_info.path,
        attended=question.attended,
        cycle=question.cycle,
        max_deletions=question.link.max_deletions,
        restored=primary_info.restored,
        lacks=back is not None and back.lacks,
    )
    verdict = await secondary.propose(proposal)
    if plan.empty and not verdict.brakes:
        return prepared
    told = _with(
        prepared,
        state="differs",
        changes=await asyncio.to_thread(describe, plan, before, after, verdict.secrets),
        notes=verdict.notes,
        brakes=verdict.brakes,
        total=len(plan.changes),
        deletions=plan.count("delete"),
    )
    return dataclasses.replace(told, proposal=proposal, verdict=verdict)


async def check_applicable(prepared: Prepared, allow: Allowance) -> None:
    """Raise Held or Moved if the plan must not be sent to its receiver now."""
    proposal = prepared.proposal
    if proposal is None:
        return
    if text := prepared.held(allow):
        raise Held(text)
    primary = prepared.near if prepared.link.direction == "push" else prepared.far
    info = await primary.head(
        proposal.plan.group_id, prepared.result.group, prepared.link.direction, proposal.plan.base
    )
    if info.head is None or info.head.digest != proposal.plan.primary:
        raise Moved("the group changed on the primary after the plan was made: nothing was applied")


async def apply(prepared: Prepared, allow: Allowance, again: Callable[[], Awaitable[Replica]]) -> LinkResult:
    """Have the receiver apply a prepared plan, and say what came of it. `again` reconnects after a lost answer.

    To be awaited to the end: nobody else knows what became of a plan that was sent.
    """
    proposal = prepared.proposal
    if proposal is None:
        return prepared.result
    pushing = prepared.link.direction == "push"
    try:
        await (prepared.far if pushing else prepared.near).commit(proposal, prepared.verdict, allow)
    except Unreachable as error:
        return (
            await _ask_again(prepared, proposal, error, again) if pushing else failed(prepared.result, error)
        )
    except AtsnError as error:
        return failed(prepared.result, error)
    if not pushing:
        await _tell(prepared, proposal)
    return done(prepared.result, proposal.plan)


async def _tell(prepared: Prepared, proposal: Proposal) -> None:
    """Let the primary know what this node has now, so that it does not show it as behind until the next round."""
    with contextlib.suppress(AtsnError):
        plan = proposal.plan
        await prepared.far.head(plan.group_id, prepared.result.group, "pull", plan.promise)


async def _ask_again(
    prepared: Prepared, proposal: Proposal, error: Unreachable, again: Callable[[], Awaitable[Replica]]
) -> LinkResult:
    """The answer to an apply was lost: the plan is taken back, lest it be applied later, and the head tells whether
    it had been."""
    try:
        head = await (await again()).withdraw(proposal.plan.group_id, proposal.id)
    except AtsnError:
        lost = Unreachable(
            f"the connection to {prepared.result.peer} broke while it applied the plan ({error}); it holds the old or "
            "the new state whole, and the next contact will tell which"
        )
        return failed(prepared.result, lost)
    digest = head.digest if head else None
    if digest == proposal.plan.promise:
        return done(prepared.result, proposal.plan)
    if digest == proposal.plan.base:
        text = f"the connection to {prepared.result.peer} broke before it applied anything; try again"
        view = ErrorView(code="unreachable", message=text)
        return replace(prepared.result, state="failed", error=view)
    return failed(
        prepared.result, Moved(f"the group on {prepared.result.peer} changed while the connection was lost")
    )


async def _sides(
    question: Question, near: tuple[Replica, Head | None], far: tuple[Replica, Head | None]
) -> tuple[Side, Side]:
    """Both sides, with the rows of the buckets in which they differ."""
    group_id, purpose = question.group_id, question.link.direction
    ends = (near, far)
    outlines: list[Outline | None] = [
        await replica.outline(group_id, head.digest, purpose) if head else None for replica, head in ends
    ]
    one, other = [outline.buckets if outline else (None,) * BUCKETS for outline in outlines]
    differing = [at for at in range(BUCKETS) if one[at] != other[at]]
    sides: list[Side] = []
    rows: dict[str, Row] = {}
    for (replica, head), outline in zip(ends, outlines, strict=True):
        if head is None or outline is None:
            sides.append(Side(group_id, None, {}, None))
            continue
        wanted = {at: outline.buckets[at] for at in differing}
        rows = await replica.rows(group_id, head.digest, wanted, rows.values())
        sides.append(Side(group_id, outline.settings, rows, head.digest, outline.buckets))
    return sides[0], sides[1]


async def _bodies(
    plan: Plan, primary: Replica, secondary: Replica
) -> tuple[dict[str, Record], dict[str, Record]]:
    """What the secondary has and what the primary has, of everything that the plan names."""
    new = [change.id for change in plan.changes if change.after is not None]
    old = [change.id for change in plan.changes if change.before is not None]
    disputed = [conflict.id for conflict in plan.conflicts]
    before = await secondary.bodies(plan.group_id, old + disputed) if old or disputed else {}
    after = await primary.bodies(plan.group_id, new + disputed) if new or disputed else {}
    for change in plan.changes:
        record = after.get(change.id)
        if change.after is not None and (record is None or record.row != change.after):
            raise Moved("the group changed on the primary while the plan was made")
    return before, after


def _absent(question: Question, pushing: bool) -> str:
    if pushing:
        return f"group {question.group!r} is not here any more, and an absent group is never pushed as an empty one"
    return (
        f"{question.peer.name} has no replicated group {question.group!r} ({question.group_id}): "
        "nothing was pulled; if it is gone for good, remove the link"
    )


def _result(question: Question) -> LinkResult:
    base = blank(question.link, question.peer.name, question.mode, question.group)
    return replace(base, group_id=question.group_id)


def _with(prepared: Prepared, **values: object) -> Prepared:
    return dataclasses.replace(prepared, result=replace(prepared.result, **values))
