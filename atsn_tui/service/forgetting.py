"""Forgetting old history once a day, if the node's options say so."""

import asyncio
import logging

from atsn_tui.errors import AtsnError
from atsn_tui.home.config import load
from atsn_tui.node.node import Node

log = logging.getLogger(__name__)

DAY = 86_400.0
"""Seconds between two looks."""


async def forget_history(node: Node, pause: float = DAY) -> None:
    """Do so until cancelled. The options are read anew each time, so a reload need not tell."""
    while True:
        try:
            days = load(node.home.config_file).history_days
            count = await node.audit.prune(days) if days else 0
            if count:
                log.info("forgot %d entries of the audit log that are older than %d days", count, days)
        except AtsnError as error:
            log.warning("old history stays: %s", error)
        await asyncio.sleep(pause)
