"""The test of a peer: connect once, and tell step by step what works and what would help."""

from typing import TYPE_CHECKING

from atsn_tui.errors import AtsnError
from atsn_tui.model.dates import SECOND
from atsn_tui.model.peer import Peer
from atsn_tui.model.skew import beyond_doubt, skew_words
from atsn_tui.model.words import local_time
from atsn_tui.node.core import Core
from atsn_tui.node.peers.allowed import allowed_here, allowed_there
from atsn_tui.node.peers.contact import connections_of, leave
from atsn_tui.node.peers.views import PeerTest, Step, failed_step
from atsn_tui.store import peers
from atsn_tui.store.peers import PeerState
from atsn_tui.transport.trace import Trace

if TYPE_CHECKING:
    from atsn_tui.replication.remote import RemoteReplica


async def try_connection(core: Core, peer: Peer) -> PeerTest:
    """Connect once and report the steps: the way there, version, clock, what either side allows the other."""
    address = await _address(core, peer)
    steps = [await allowed_here(core, peer)] if peer.address is None else await _reach(core, peer)
    return PeerTest(peer=peer.name, steps=(address, *steps))


async def _address(core: Core, peer: Peer) -> Step:
    if peer.address is not None:
        return Step(name="address", ok=True, detail=peer.address)
    contact = (await _state(core, peer)).last_contact
    last = "and has not done so yet" if contact is None else f"last contact {local_time(contact, core.zone)}"
    return Step(name="address", ok=True, detail=f"none: it only connects to us, {last}")


async def _reach(core: Core, peer: Peer) -> list[Step]:
    trace = Trace()
    connections = connections_of(core, trace)
    try:
        far = await connections.replica(peer, "test")
        reached = await _reached(core, peer, trace, far)
        return [*reached, *await allowed_there(core, peer, far), await allowed_here(core, peer)]
    except AtsnError as error:
        return _broken(trace, error)
    finally:
        await leave(connections)


async def _reached(core: Core, peer: Peer, trace: Trace, far: "RemoteReplica") -> list[Step]:
    version = (await _state(core, peer)).version
    return [
        *_passed(trace),
        _answers(trace, f", {far.clock.latency / 1000:.1f} ms"),
        Step(name="version", ok=True, detail=f"ATSN {version}"),
        _clock(core, far),
    ]


def _clock(core: Core, far: "RemoteReplica") -> Step:
    skew, latency = far.clock.skew, far.clock.latency
    right = beyond_doubt(skew, latency) <= core.config.clock.limit * SECOND
    words = skew_words(skew, latency)
    detail = "as ours" if words is None else f"clock {words}"
    return Step(name="clock", ok=right, detail=detail, code=None if right else "refused")


def _broken(trace: Trace, error: AtsnError) -> list[Step]:
    """Which step failed; those before it worked, those behind it were not reached."""
    plan = trace.plan or ["connection"]
    failed = next((name for name in plan if name not in trace.passed), plan[-1])
    if failed == plan[-1] and error.code == "version_mismatch":
        return [*_passed(trace), _answers(trace), failed_step("version", error)]
    behind = plan[plan.index(failed) + 1 :]
    not_reached = [Step(name=name, ok=None, detail="") for name in behind]
    return [*_passed(trace), failed_step(failed, error), *not_reached]


def _passed(trace: Trace) -> list[Step]:
    return [
        Step(name=name, ok=True, detail=trace.passed[name]) for name in trace.plan if name in trace.passed
    ]


def _answers(trace: Trace, latency: str = "") -> Step:
    """The last step of the way: what answers there is ATSN."""
    who = "atsn channel" if trace.plan[-1] == "command" else "ATSN"
    return Step(name=trace.plan[-1], ok=True, detail=f"{who} answers{latency}")


async def _state(core: Core, peer: Peer) -> PeerState:
    return await core.store.read(lambda db: peers.get_state(db, peer.id))
