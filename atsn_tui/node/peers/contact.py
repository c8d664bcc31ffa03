"""Contact with peers: the connections of one open node, and the test of one of them."""

import asyncio
from typing import TYPE_CHECKING

from atsn_tui.errors import AtsnError
from atsn_tui.host.reporting import CycleReporter
from atsn_tui.model.dates import SECOND
from atsn_tui.model.peer import Peer
from atsn_tui.model.skew import beyond_doubt, skew_words
from atsn_tui.node.core import Core
from atsn_tui.node.peers.grants import grant_texts
from atsn_tui.node.peers.views import PeerTest, Step
from atsn_tui.replication.context import Context
from atsn_tui.store import peers
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


async def try_connection(core: Core, peer: Peer) -> PeerTest:
    """Connect once and report the steps: address, connection, version, clock, groups, grants.

    Where the peer is behind an sshd, connecting is told in its own steps (transport.trace).
    """
    steps = [
        Step(
            name="address", ok=peer.address is not None, detail=peer.address or "none: it only connects to us"
        )
    ]
    trace = Trace()
    connections = connections_of(core, trace)
    try:
        if peer.address is None:
            return PeerTest(peer=peer.name, steps=(*steps, _allowed(peer)))
        try:
            far = await connections.replica(peer, "test")
        except AtsnError as error:
            return PeerTest(peer=peer.name, steps=(*steps, *_broken(trace, error)))
        state = await core.store.read(lambda db: peers.get_state(db, peer.id))
        latency = far.clock.latency
        words = skew_words(far.clock.skew, latency)
        steps += [
            *_way(trace, f"{latency / 1000:.1f} ms"),
            Step(name="version", ok=True, detail=f"ATSN {state.version}"),
            Step(
                name="clock",
                ok=beyond_doubt(far.clock.skew, latency) <= core.config.clock.limit * SECOND,
                detail="as ours" if words is None else f"clock {words}",
            ),
        ]
        try:
            shown = await far.groups()
            steps.append(
                Step(
                    name="groups",
                    ok=True,
                    detail=", ".join(sorted(shown.values())) or "none that it lets us see, so far",
                )
            )
        except AtsnError as error:
            steps.append(Step(name="groups", ok=False, detail=error.message))
        return PeerTest(peer=peer.name, steps=(*steps, _allowed(peer)))
    finally:
        await leave(connections)


def _way(trace: Trace, latency: str) -> list[Step]:
    """How the connection was made that works."""
    if not trace.plan:
        return [Step(name="connection", ok=True, detail=f"host key and login are right, {latency}")]
    seen = {**trace.passed, "command": f"atsn channel answers, {latency}"}
    return [Step(name=name, ok=True, detail=seen[name]) for name in trace.plan if name in seen]


def _broken(trace: Trace, error: AtsnError) -> list[Step]:
    """Which step failed; those before it worked, those behind it were not reached."""
    if not trace.plan:
        return [Step(name="connection", ok=False, detail=error.message)]
    failed = next((name for name in trace.plan if name not in trace.passed), "command")
    if failed == "command" and error.code == "version_mismatch":
        answered = Step(name="command", ok=True, detail="atsn channel answers")
        return [*_passed(trace), answered, Step(name="version", ok=False, detail=error.message)]
    behind = trace.plan[trace.plan.index(failed) + 1 :]
    return [
        *_passed(trace),
        Step(name=failed, ok=False, detail=error.message),
        *(Step(name=name, ok=None, detail="") for name in behind),
    ]


def _passed(trace: Trace) -> list[Step]:
    return [
        Step(name=name, ok=True, detail=trace.passed[name]) for name in trace.plan if name in trace.passed
    ]


def _allowed(peer: Peer) -> Step:
    granted = ", ".join(grant_texts(peer.grants)) or "nothing"
    return Step(
        name="grants",
        ok=True,
        detail=f"we allow it: {granted}; from {', '.join(peer.allow_from) or 'any address'}",
    )
