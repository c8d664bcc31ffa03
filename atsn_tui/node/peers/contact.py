"""Contact with peers: the connections of one open node."""

import asyncio
from typing import TYPE_CHECKING

from atsn_tui.host.reporting import CycleReporter
from atsn_tui.node.core import Core
from atsn_tui.replication.context import Context
from atsn_tui.transport.trace import Trace

if TYPE_CHECKING:
    from atsn_tui.replication.connections import Connections

GOOD_BYE = 0.5
"""Seconds that peers have to take a good-bye."""

_leaving: "set[asyncio.Task[None]]" = set()
"""Connections that are being closed: the event loop alone does not keep their tasks."""


def context_of(core: Core) -> Context:
    """What replication is given of this node."""
    return Context(
        store=core.store,
        name=core.config.name,
        now=core.now,
        limits=core.config.brake,
        connect=core.config.connect,
        answer_timeout=core.config.timeouts.answer,
        tell=CycleReporter(core.config, core.store, core.zone, core.office).tell,
        clock=core.config.clock,
    )


def connections_of(core: Core, trace: Trace | None = None) -> "Connections":
    """Fresh connections of this node, which their owner closes. Loads SSH."""
    from atsn_tui.replication.connections import Connections
    from atsn_tui.transport.client import Pool

    config = core.config
    pool = Pool(core.home.client_key, node_name=config.name, timeout=config.timeouts.connect, trace=trace)
    return Connections(context_of(core), pool)


async def leave(connections: "Connections") -> None:
    """Close connections. A peer that hangs is not waited for: its good-bye is taken in the background."""
    task = asyncio.create_task(connections.close())
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)
    await asyncio.wait([task], timeout=GOOD_BYE)
