"""Changes of hands between cron and this node that were interrupted: the service finishes them at once."""

import asyncio
import logging

from atsn_tui.errors import AtsnError
from atsn_tui.host.journal import Journal
from atsn_tui.node.node import Node

log = logging.getLogger(__name__)

POLL = 1.0
"""Seconds between two looks."""


async def finish_take_overs(node: Node, journal: Journal) -> None:
    """Finish what others leave unfinished, until cancelled. What goes wrong is logged once, and tried again."""
    while True:
        await asyncio.sleep(POLL)
        await finish_take_over(node, journal)


async def finish_take_over(node: Node, journal: Journal) -> None:
    """Look once."""
    try:
        done = await node.takeover.recover()
    except AtsnError as error:
        journal.trouble("take-over", f"a change between cron and this node cannot be finished: {error}")
        return
    except Exception:
        log.exception("a change between cron and this node cannot be finished")
        return
    journal.well("take-over")
    if done is not None:
        verb = "taken over from" if done.action == "take" else "given back to"
        what = "1 line is" if done.lines == 1 else f"{done.lines} lines are"
        log.warning("finished what was interrupted: %s %s %s", what, verb, done.source)
