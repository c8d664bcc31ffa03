"""`atsn serve`: hold the service lock, listen, and carry the periodic cycles until told to stop."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from atsn_tui.errors import Refused
from atsn_tui.home import locks
from atsn_tui.home.home import Home
from atsn_tui.host.server import start_server
from atsn_tui.host.timers import run_timers
from atsn_tui.node.actor import Actor
from atsn_tui.node.contact import connections_of, context_of
from atsn_tui.node.node import Node
from atsn_tui.replication.connections import Connections
from atsn_tui.service.logs import write_to_stderr
from atsn_tui.transport.server import Server

log = logging.getLogger(__name__)

Ready = Callable[[str, str | None], None]
"""Called with the node's name and the address it listens on (None: none)."""

GRACE = 0.5
"""Seconds that each step of stopping has: for cycles to end, and for peers that hang to take a good-bye."""


async def serve(home: Home, actor: Actor, ready: Ready) -> None:
    """Run the service until SIGTERM or SIGINT; a second signal ends it at once. Refused if one runs already."""
    home.check()
    write_to_stderr(os.environ)
    try:
        lock = locks.exclusive(home.service_lock)
    except Refused as error:
        raise Refused(f"a service runs for this node already: {error}") from error
    with lock:
        async with Node.open(home, actor) as node:
            await _run(node, ready)


async def _run(node: Node, ready: Ready) -> None:
    context, connections = context_of(node.core), connections_of(node.core)
    stopping = asyncio.create_task(_signal().wait())
    listen = node.config.listen
    server = await start_server(context, node.home, listen) if listen else None
    timers = asyncio.create_task(run_timers(context, connections, node.core.zone, source="service"))
    try:
        address = str(server.address) if server else None
        log.info("%s is ready%s", node.config.name, f" on {address}" if address else "; it opens no port")
        ready(node.config.name, address)
        await asyncio.wait({timers, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if timers.done():
            timers.result()
    finally:
        stopping.cancel()
        await _stop(timers, server, connections)
        log.info("%s has stopped", node.config.name)


def _signal() -> asyncio.Event:
    """Set at the first signal to stop; the next one is for the system's default."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def stopped() -> None:
        stop.set()
        for each in signals:
            loop.remove_signal_handler(each)

    for number in signals:
        loop.add_signal_handler(number, stopped)
    return stop


async def _stop(timers: "asyncio.Task[None]", server: Server | None, connections: Connections) -> None:
    """End it all. A plan that was sent is awaited to the end, for which a hanging peer is hung up on."""
    timers.cancel()
    await asyncio.wait([timers], timeout=GRACE)
    closing = [_soon(connections.close())]
    if server is not None:
        closing.append(_soon(server.close()))
    await asyncio.gather(*closing)
    await asyncio.wait([timers])


async def _soon(closing: Coroutine[Any, Any, None]) -> None:
    """Let it take its time, but not long; what is left is cancelled, and nobody waits for that."""
    task = asyncio.create_task(closing)
    await asyncio.wait([task], timeout=GRACE)
    task.cancel()
