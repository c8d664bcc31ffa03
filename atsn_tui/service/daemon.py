"""`atsn serve`: hold the service lock, run tasks and periodic cycles, and listen, until told to stop."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from atsn_tui.errors import AtsnError
from atsn_tui.home import locks
from atsn_tui.home.config import load
from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.home.pulse import leave as leave_pulse
from atsn_tui.host.background import in_background, tell_of_fault
from atsn_tui.host.guard import guard
from atsn_tui.host.journal import Journal
from atsn_tui.host.server import start_server
from atsn_tui.host.tasks import TaskRunner
from atsn_tui.host.timers import run_timers
from atsn_tui.host.watching import Rings
from atsn_tui.node.actor import Actor
from atsn_tui.node.core import Core
from atsn_tui.node.node import Node
from atsn_tui.node.options_log import notice
from atsn_tui.node.peers.contact import connections_of, context_of, leave
from atsn_tui.replication.connections import Connections
from atsn_tui.service.forgetting import forget_history
from atsn_tui.service.logs import write_to_stderr
from atsn_tui.service.notify import Notifier
from atsn_tui.service.reloading import Reloading
from atsn_tui.service.signals import Signals
from atsn_tui.service.unfinished import finish_take_over, finish_take_overs
from atsn_tui.transport.server import Server

log = logging.getLogger(__name__)

Ready = Callable[[str, str | None], None]
"""Called with the node's name and the address it listens on (None: none)."""

STUCK = 60.0
"""A scheduler that got on with nothing for so many seconds hangs: systemd hears no more signs of life then."""

LOOK = 5.0
"""Seconds between two looks at whether it hangs."""

LETTING_GO = 6.0
"""Seconds that the scheduler has to end, which includes taking leave of the keeper."""

GRACE = 0.5
"""Seconds that each step of stopping has: for cycles to end, and for peers that hang to take a good-bye."""


async def serve(home: Home, actor: Actor, ready: Ready, passwords: Passwords | None = None) -> None:
    """Run the service until SIGTERM or SIGINT; a second signal ends it at once. Refused if one runs already.

    SIGHUP makes it read config.toml anew.
    """
    home.check()
    write_to_stderr(os.environ)
    with locks.exclusive(home.service_lock, told="a service runs for this node already: "):
        leave_pulse(home.service_lock, time.time_ns() // 1000)
        async with Node.open(home, actor, passwords) as node:
            await _run(node, ready)


@dataclass(frozen=True)
class _Contact:
    """What deals with peers under one configuration."""

    server: Server | None
    connections: Connections
    timers: "asyncio.Task[None]"
    """The periodic cycles."""
    guard: "asyncio.Task[None]"
    """Cuts off peers that were removed or may do less."""

    @property
    def address(self) -> str | None:
        """Where it listens."""
        return str(self.server.address) if self.server else None


async def _run(node: Node, ready: Ready) -> None:
    signals, notifier, journal = Signals(), Notifier.of(os.environ), Journal(log)
    reloading, rings = Reloading(node.core.store, signals.reload), Rings()
    await finish_take_over(node, journal)
    core = node.core
    contact = await _meet(core, rings)
    runner = TaskRunner(core.home, core.config, core.store, core.zone, core.office)
    runner.on_ring(rings.ring)
    tasks = asyncio.create_task(runner.run())
    aside = [
        in_background(notifier.keep_alive(lambda: runner.stuck() < STUCK), "signs of life"),
        in_background(_watch(runner, journal), "watching the scheduler"),
        in_background(finish_take_overs(node, journal), "finishing take-overs"),
        in_background(reloading.listen(rings, journal), "listening for a reload"),
        in_background(forget_history(node), "forgetting old history"),
    ]
    try:
        ready(core.config.name, contact.address)
        notifier.ready(_readiness(core, contact))
        while await _until_reload(signals, contact.timers, contact.guard, tasks):
            notifier.reloading()
            core, contact, error = await _reload(core, contact, runner, rings)
            await reloading.answer(error)
            log.info("%s", _readiness(core, contact))
            notifier.ready(_readiness(core, contact))
    finally:
        notifier.stopping()
        for task in (*aside, tasks):
            task.cancel()
        await _part(contact)
        await _end(tasks)
        log.info("%s has stopped", core.config.name)


async def _watch(runner: TaskRunner, journal: Journal) -> None:
    """Log when the scheduler hangs, and when it goes on."""
    while True:
        await asyncio.sleep(LOOK)
        if runner.stuck() >= STUCK:
            text = f"the scheduler has done nothing for {STUCK:.0f} s, so no task runs: restart the service"
            journal.trouble("scheduler", text)
        else:
            journal.well("scheduler")


async def _meet(core: Core, rings: Rings) -> _Contact:
    context, connections = context_of(core), connections_of(core)
    listen = core.config.listen
    server = await start_server(context, core.home, listen) if listen else None
    timers = asyncio.create_task(run_timers(context, connections, core.zone, source="service"))
    guarding = asyncio.create_task(guard(core.store, server, connections, rings))
    return _Contact(server, connections, timers, guarding)


def _readiness(core: Core, contact: _Contact) -> str:
    where = f" on {contact.address}" if contact.address else "; it opens no port"
    return f"{core.config.name} is ready{where}"


async def _until_reload(signals: Signals, *working: "asyncio.Task[None]") -> bool:
    """Wait for a signal; whether it says to reload, and not to stop. Raises what ends the work."""
    waiting = [asyncio.create_task(event.wait()) for event in (signals.stop, signals.reload)]
    try:
        await asyncio.wait({*working, *waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    for each in working:
        if each.done():
            each.result()
    signals.reload.clear()
    return not signals.stop.is_set()


async def _reload(
    core: Core, contact: _Contact, runner: TaskRunner, rings: Rings
) -> tuple[Core, _Contact, AtsnError | None]:
    """Go on under what config.toml says now, or as before if that cannot be used, and why not."""
    try:
        after = replace(core, config=load(core.home.config_file))
        await notice(after)
    except AtsnError as error:
        log.error("config.toml cannot be used, everything goes on as before: %s", error)
        return core, contact, error
    await _part(contact)
    try:
        contact = await _meet(after, rings)
    except AtsnError as error:
        log.error("config.toml cannot be used, everything goes on as before: %s", error)
        return core, await _meet(core, rings), error
    runner.change(after.config)
    return after, contact, None


async def _part(contact: _Contact) -> None:
    """End it all. A plan that was sent is awaited to the end, for which a hanging peer is hung up on."""
    timers = contact.timers
    # Who waits for them hears of the faults that came before.
    working = [task for task in (timers, contact.guard) if not task.done()]
    for task in working:
        task.cancel()
    await asyncio.wait([timers], timeout=GRACE)
    ending = [asyncio.create_task(leave(contact.connections))]
    if contact.server is not None:
        ending.append(asyncio.create_task(contact.server.close()))
    ended, late = await asyncio.wait(ending, timeout=GRACE)
    for task in late:
        task.cancel()
    await asyncio.wait([timers, contact.guard])
    for task in (*working, *ended):
        tell_of_fault(task, "parting from the peers met a fault of ours")


async def _end(tasks: "asyncio.Task[None]") -> None:
    """Wait, but not for ever, until the scheduler has let go of the runs; they go on without it."""
    ended, _ = await asyncio.wait([tasks], timeout=LETTING_GO)
    if not ended:
        log.error("the scheduler did not end within %g s", LETTING_GO)
