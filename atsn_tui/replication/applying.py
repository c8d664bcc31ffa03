"""Applying a link that was compared: on a channel that is open, and until it is known what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from atsn_tui.errors import Moved, Unreachable
from atsn_tui.model.brake import Allowance
from atsn_tui.model.result import LinkResult
from atsn_tui.replication.link import Prepared, apply, check_applicable
from atsn_tui.replication.local import LocalReplica
from atsn_tui.replication.planned import PlannedReplica
from atsn_tui.replication.remote import RemoteReplica

RECONNECTS = (0.0, 0.5, 2.0)
"""Seconds before each try to reach a peer again after the answer to an apply was lost."""

Reach = Callable[[], Awaitable[RemoteReplica]]
"""Gives the far side, over a channel that is open."""


async def ready(prepared: Prepared, near: LocalReplica, allow: Allowance, reach: Reach) -> Prepared:
    """The link as it can be sent now. Held, Moved, or what keeps it from being asked."""
    # The pulls that it was planned on have been applied by now, or it does not fit any more.
    current = await _reached_again(replace(prepared, near=near), reach)
    try:
        await check_applicable(current, allow)
    except Moved as error:
        if isinstance(prepared.near, PlannedReplica):
            raise Moved("a pull that this link builds on was not applied: look again, then apply") from error
        raise
    return current


async def send(prepared: Prepared, allow: Allowance, reach: Reach) -> LinkResult:
    """Have it applied, and say what came of it. To be awaited to the end."""

    async def again() -> RemoteReplica:
        error = Unreachable(f"{prepared.result.peer} cannot be reached")
        for delay in RECONNECTS:
            await asyncio.sleep(delay)
            try:
                return await reach()
            except Unreachable as again_error:
                error = again_error
        raise error

    return await apply(prepared, allow, again)


async def _reached_again(prepared: Prepared, reach: Reach) -> Prepared:
    """The link on a channel that is open: one that broke since has lost the plan that was proposed on it."""
    proposal, far = prepared.proposal, prepared.far
    if proposal is None or not isinstance(far, RemoteReplica) or not far.closed:
        return prepared
    far = await reach()
    if prepared.link.direction == "push" and await far.propose(proposal) != prepared.verdict:
        raise Moved(f"{prepared.result.peer} judges the plan otherwise than before: look again, then apply")
    return replace(prepared, far=far)
