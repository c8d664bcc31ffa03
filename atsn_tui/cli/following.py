"""Waiting for a run to end, with what it prints meanwhile."""

import asyncio
from collections.abc import Callable

from atsn_tui.cli.command import Call
from atsn_tui.model.run import ACTIVE
from atsn_tui.node.node import Node
from atsn_tui.node.runs.views import RunView

LOOK = 1.0
"""Seconds between two looks for the service."""

TIMED_OUT, NO_END, STOPPED = 124, 125, 143
"""Exit codes for runs whose program has none of its own to tell: the same as those of timeout(1), and of TERM."""

_NEWEST = 50
"""Among so many of the newest runs a retry is looked for, which is written together with the failure."""


async def follow(call: Call, node: Node, run_id: str, write: Callable[[bytes], None]) -> RunView:
    """Pass on what a run prints, first all that there is, until it has ended; how it ended then.

    A warning says so when the service ends meanwhile, for then nobody records the end of a run.
    """
    watch = asyncio.create_task(_warn_when_alone(call, node, run_id))
    try:
        async for data in node.runs.follow(run_id):
            write(data)
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    return await node.runs.get(run_id)


async def _warn_when_alone(call: Call, node: Node, run_id: str) -> None:
    while node.service_running():  # noqa: ASYNC110  # another process sets no event
        await asyncio.sleep(LOOK)
    if (await node.runs.get(run_id)).state in ACTIVE:
        call.warn(
            "no service runs for this node, so nobody records how this run ends; the run itself goes on, and this "
            "command waits until a service is there again: atsn serve"
        )


def exit_code(view: RunView) -> int:
    """The exit code of a run that ended, as a shell would have it."""
    if view.state == "ok":
        return 0
    if view.state == "timed_out":
        return TIMED_OUT
    if view.state == "stopped":
        return STOPPED if view.started_at else NO_END
    if view.state != "failed":
        return NO_END
    if view.signal is not None:
        return 128 + view.signal
    if view.exit_code is None:
        return NO_END if view.started_at is None else 1
    return view.exit_code or 1


async def retry_of(node: Node, view: RunView) -> RunView | None:
    """The run that is to try it again, if there is one."""
    newest = await node.runs.list(limit=_NEWEST)
    return next((run for run in newest if run.trigger == "retry" and run.cause == view.id), None)
