"""`atsn serve`: hold the service lock, listen, and carry the periodic cycles until told to stop."""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from atsn_tui.errors import AtsnError, Refused
from atsn_tui.home import locks
from atsn_tui.home.config import load
from atsn_tui.home.home import Home
from atsn_tui.host.journal import Journal
from atsn_tui.host.server import start_server
from atsn_tui.host.tasks import run_tasks
from atsn_tui.host.timers import run_timers
from atsn_tui.node.actor import Actor
from atsn_tui.node.contact import connections_of, context_of, leave
from atsn_tui.node.core import Core
from atsn_tui.node.node import Node
from atsn_tui.replication.connections import Connections
from atsn_tui.service.logs import write_to_stderr
from atsn_tui.service.notify import Notifier
from atsn_tui.service.signals import Signals
from atsn_tui.service.unfinished import finish_take_over, finish_take_overs
from atsn_tui.transport.server import Server

log = logging.getLogger(__name__)

Ready = Callable[[str, str | None], None]
"""Called with the node's name and the address it listens on (None: none)."""

GRACE = 0.5
"""Seconds that each step of stopping has: for cycles to end, and for peers that hang to take a good-bye."""


async def serve(home: Home, actor: Actor, ready: Ready) -> None:
    """Run the service until SIGTERM or SIGINT; a second signal ends it at once. Refused if one runs already.

    SIGHUP makes it read config.toml anew.
    """
    home.check()
    write_to_stderr(os.environ)
    try:
        lock = locks.exclusive(home.service_lock)
    except Refused as error:
        raise Refused(f"a service runs for this node already: {error}") from error
    with lock:
        async with Node.open(home, actor) as node:
            await _run(node, ready)


@dataclass(frozen=True)
class _Hosting:
    """What runs under one configuration."""

    server: Server | None
    connections: Connections
    timers: "asyncio.Task[None]"
    """The periodic cycles."""
    tasks: "asyncio.Task[None]"
    """The scheduler, with the mail that it makes."""

    @property
    def address(self) -> str | None:
        """Where it listens."""
        return str(self.server.address) if self.server else None


async def _run(node: Node, ready: Ready) -> None:
    signals, notifier, journal = Signals(), Notifier.of(os.environ), Journal(log)
    await finish_take_over(node, journal)
    core = node.core
    hosting = await _start(core)
    aside = [
        asyncio.create_task(notifier.keep_alive()),
        asyncio.create_task(finish_take_overs(node, journal)),
    ]
    try:
        ready(core.config.name, hosting.address)
        _tell(core, hosting, notifier)
        while await _until_reload(hosting, signals):
            notifier.reloading()
            core, hosting = await _reload(core, hosting)
            _tell(core, hosting, notifier)
    finally:
        notifier.stopping()
        for task in aside:
            task.cancel()
        await _stop(hosting)
        log.info("%s has stopped", core.config.name)


async def _start(core: Core) -> _Hosting:
    context, connections = context_of(core), connections_of(core)
    listen = core.config.listen
    server = await start_server(context, core.home, listen) if listen else None
    timers = asyncio.create_task(run_timers(context, connections, core.zone, source="service"))
    tasks = asyncio.create_task(run_tasks(core.home, core.config, core.store, core.zone))
    return _Hosting(server, connections, timers, tasks)


def _tell(core: Core, hosting: _Hosting, notifier: Notifier) -> None:
    where = f" on {hosting.address}" if hosting.address else "; it opens no port"
    log.info("%s is ready%s", core.config.name, where)
    notifier.ready(f"{core.config.name} is ready{where}")


async def _until_reload(hosting: _Hosting, signals: Signals) -> bool:
    """Wait for a signal; whether it says to reload, and not to stop. Raises what ends the timers or the scheduler."""
    waiting = [asyncio.create_task(event.wait()) for event in (signals.stop, signals.reload)]
    try:
        await asyncio.wait({hosting.timers, hosting.tasks, *waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    for each in (hosting.timers, hosting.tasks):
        if each.done():
            each.result()
    signals.reload.clear()
    return not signals.stop.is_set()


async def _reload(core: Core, hosting: _Hosting) -> tuple[Core, _Hosting]:
    """Go on under what config.toml says now, or as before if that cannot be used."""
    try:
        after = replace(core, config=load(core.home.config_file))
    except AtsnError as error:
        log.error("config.toml cannot be used, everything goes on as before: %s", error)
        return core, hosting
    await _stop(hosting)
    try:
        return after, await _start(after)
    except AtsnError as error:
        log.error("config.toml cannot be used, everything goes on as before: %s", error)
        return core, await _start(core)


async def _stop(hosting: _Hosting) -> None:
    """End it all, but for the commands that run: those live on.

    A plan that was sent is awaited to the end, for which a hanging peer is hung up on.
    """
    timers = hosting.timers
    hosting.tasks.cancel()
    timers.cancel()
    await asyncio.wait([timers], timeout=GRACE)
    ending = [asyncio.create_task(leave(hosting.connections))]
    if hosting.server is not None:
        ending.append(asyncio.create_task(hosting.server.close()))
    _, late = await asyncio.wait(ending, timeout=GRACE)
    for task in late:
        task.cancel()
    await asyncio.wait([timers, hosting.tasks])
