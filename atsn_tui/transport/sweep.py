"""Ending the connections of those who let memory pile up here: who ask and never read, or send and never finish."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable

from atsn_tui.transport.connection import Connection, OpenSession
from atsn_tui.transport.limits import Limits
from atsn_tui.transport.quietlog import QuietLog

LOOK = 0.5
"""Seconds between two looks."""

_KIND = "connections over a limit"


async def sweep(connections: Iterable[Connection], limits: Limits, log: QuietLog) -> None:
    """Do so until cancelled."""
    stalled: dict[OpenSession, tuple[int, float]] = {}
    while True:
        await asyncio.sleep(LOOK)
        now, present = time.monotonic(), list(connections)
        _end_hoarders(present, limits, log)
        before, stalled = stalled, {}
        for connection in present:
            for session in list(connection.sessions):
                unsent = session.unsent
                least, since = before.get(session, (unsent, now))
                if unsent and unsent >= least:
                    stalled[session] = (least, since)
                    if now - since >= limits.stall:
                        log.write(
                            logging.WARNING, _KIND, f"{connection.address}: it reads nothing of what it asked"
                        )
                        connection.abort()
                elif unsent:
                    stalled[session] = (unsent, now)


def _end_hoarders(connections: list[Connection], limits: Limits, log: QuietLog) -> None:
    held: Counter[str | None] = Counter()
    for connection in connections:
        held[connection.key] += sum(each.channel.waiting + each.unsent for each in connection.sessions)
    for connection in connections:
        if held[connection.key] > limits.bytes_per_key:
            log.write(
                logging.WARNING, _KIND, f"{connection.address}: {held[connection.key]} bytes lie here for it"
            )
            connection.abort()
