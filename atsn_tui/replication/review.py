"""The receiver's judgement of a proposal. Nothing that a peer sends is believed before it passed here."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from atsn_tui.errors import BadInput, Moved, Refused
from atsn_tui.home.cron_jobs import CronJobs, read_cron_jobs
from atsn_tui.merge import after as after_changes
from atsn_tui.model import codec
from atsn_tui.model.brake import Brake
from atsn_tui.model.plan import Change, Plan, Side
from atsn_tui.model.record import Head, Origin, Record
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task
from atsn_tui.replication.brake import brakes
from atsn_tui.replication.context import Context
from atsn_tui.replication.notes import Changed, following_notes, notes
from atsn_tui.replication.origins import origins_after
from atsn_tui.replication.plausible import check_proposal, check_row, check_uuid
from atsn_tui.replication.replica import Proposal, Verdict
from atsn_tui.schedule import parse
from atsn_tui.schedule.following import TaskOutline, outlined
from atsn_tui.store.groups import Follow


@dataclass(frozen=True)
class Receiver:
    """What the receiving side knows about itself when it judges."""

    side: Side
    """With all rows of the buckets that the plan touches."""
    total: int
    """How many tasks there are."""
    current: dict[str, Record]
    """The present records of the settings and of everything that the plan touches."""
    origins: dict[str, Origin]
    """Where those came from."""
    brought: Origin
    """The origin of what the plan brings."""
    follows: Follow | None = None
    follows_name: str | None = None
    seen: Head | None = None
    """The primary's head at its last apply here."""
    own_link: bool = False
    """Whether this node's own link asked for it (a pull)."""
    crontabs: Callable[[], CronJobs] = read_cron_jobs
    outlines: dict[str, TaskOutline] = field(default_factory=dict)
    """What decides who follows whom here, before the plan."""


async def review(context: Context, peer_id: str, proposal: Proposal, receiver: Receiver) -> Verdict:
    """Judge a proposal: Moved, Refused or BadInput if it cannot be applied, else notes and brakes."""
    return await asyncio.to_thread(_review, context, peer_id, proposal, receiver)


def _review(context: Context, peer_id: str, proposal: Proposal, receiver: Receiver) -> Verdict:
    check_proposal(proposal)
    check_plan(proposal.plan, receiver.side)
    contents = check_records(proposal)
    warnings, held = _primaries(context, peer_id, proposal, receiver)
    held += brakes(
        proposal,
        receiver.total,
        context.limits,
        receiver.seen,
        context.now(),
        own_link=receiver.own_link,
    )
    before, after = _settings(proposal, receiver, contents)
    origins = _origins_after(proposal, receiver)
    tasks = [
        Changed(_task(receiver.current.get(change.id)), task, origins[change.id])
        for change in proposal.plan.changes
        if isinstance(task := contents.get(change.id), Task)
    ]
    return Verdict(
        notes=(
            *warnings,
            *notes(
                tasks,
                after,
                origins[proposal.plan.group_id],
                receiver.crontabs(),
                service=context.pulse() is not None,
            ),
            *following_notes(receiver.outlines, _outlines_after(proposal.plan, receiver, contents)),
        ),
        brakes=tuple(held),
        secrets=tuple(changed_secrets(before, after)),
    )


def check_plan(plan: Plan, side: Side) -> None:
    """Raise Moved or BadInput unless the plan fits this side and keeps its promise."""
    if plan.base != side.digest:
        raise Moved("the group changed on the receiving side after the plan was made: nothing was applied")
    if len({change.id for change in plan.changes}) != len(plan.changes):
        raise BadInput("the plan changes a record twice")
    for change in plan.changes:
        here = side.settings if change.op == "settings" else side.tasks.get(change.id)
        if not _legal(change, plan) or change.before != here:
            raise BadInput(f"the plan's {change.op} of {change.id!r} does not fit the receiving side")
        check_uuid(f"the plan's {change.op}", change.id)
        if change.after is not None:
            check_row(change.after)
    try:
        promised = after_changes(side, plan.changes)
    except ValueError as error:
        raise BadInput(str(error)) from error
    if promised.digest != plan.promise:
        raise BadInput("the plan does not lead to the state that it promises")


def _legal(change: Change, plan: Plan) -> bool:
    """Whether a change has the form that its name says, and is one that the mode allows."""
    if (change.op == "settings") != (change.id == plan.group_id):
        return False
    if change.after is not None and change.after.id != change.id:
        return False
    had, has = change.before is not None, change.after is not None
    if not {"settings": has, "add": has and not had, "update": has and had, "delete": had and not has}[
        change.op
    ]:
        return False
    if plan.mode == "strict" or change.before is None:
        return True
    return change.after is not None and change.after.modified > change.before.modified


def check_records(proposal: Proposal) -> dict[str, Task | Settings]:
    """The verified content of every record that the plan brings; BadInput if one is not what the plan says."""
    changes = [change for change in proposal.plan.changes if change.after is not None]
    if len(proposal.bodies) != len(changes):
        raise BadInput(f"the plan names {len(changes)} records and brings {len(proposal.bodies)}")
    contents: dict[str, Task | Settings] = {}
    for change, record in zip(changes, proposal.records, strict=True):
        content = codec.verify(record, Settings if change.op == "settings" else Task)
        if isinstance(content, Task):
            for schedule in content.schedules:
                parse(schedule)
        contents[change.id] = content
    return contents


def changed_secrets(before: Settings | None, after: Settings | None) -> list[str]:
    """Names of the credentials whose secret differs."""
    if after is None:
        return []
    old = {} if before is None else before.credentials
    return [
        name
        for name in sorted(old.keys() | after.credentials.keys())
        if (old[name].secret if name in old else None)
        != (after.credentials[name].secret if name in after.credentials else None)
    ]


def _primaries(
    context: Context, peer_id: str, proposal: Proposal, receiver: Receiver
) -> tuple[list[str], list[Brake]]:
    """Warnings and brakes about a strict loop and a second primary."""
    warnings: list[str] = []
    if proposal.plan.mode != "strict":
        return [], []
    if context.node_id in proposal.path:
        text = f"a strict loop: this state came through {context.name} itself, so the nodes would overwrite each other"
        if not proposal.attended:
            raise Refused(f"{text}; make one of the strict links on the way easy, or remove it")
        warnings.append(text)
    if receiver.follows is not None and receiver.follows.peer_id != peer_id:
        primary = receiver.follows_name or "another node"
        text = f"two primaries: {context.name} keeps this group as a strict copy of {primary}"
        if not proposal.attended:
            return warnings, [Brake(code="other_primary", text=text)]
        warnings.append(text)
    return warnings, []


def _settings(
    proposal: Proposal, receiver: Receiver, contents: dict[str, Task | Settings]
) -> tuple[Settings | None, Settings]:
    group_id = proposal.plan.group_id
    here = receiver.current.get(group_id)
    before = None if here is None else codec.decode_settings(here.body)
    after = contents.get(group_id, before)
    if not isinstance(after, Settings):
        raise BadInput("a plan for a missing group must bring its settings")
    return before, after


def _origins_after(proposal: Proposal, receiver: Receiver) -> dict[str, Origin]:
    brought = origins_after(
        proposal.plan.group_id, proposal.records, receiver.current, receiver.origins, receiver.brought
    )
    return receiver.origins | brought


def _outlines_after(
    plan: Plan, receiver: Receiver, contents: dict[str, Task | Settings]
) -> dict[str, TaskOutline]:
    found = dict(receiver.outlines)
    for change in plan.changes:
        content = contents.get(change.id)
        if change.op == "delete":
            found.pop(change.id, None)
        elif isinstance(content, Task):
            found[change.id] = outlined(content)
    return found


def _task(record: Record | None) -> Task | None:
    return None if record is None else codec.decode_task(record.body)
