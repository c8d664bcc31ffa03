"""A node that answers while its scheduler hangs is seen by its peers, whichever of the two asks."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from atsn_tui.home import locks, pulse
from atsn_tui.store import peers
from atsn_tui.store.peers import PeerState
from tests.replication.world import Host, World

MINUTE = 60_000_000


@pytest.fixture
async def web1(world: World, hq: Host) -> Host:
    host = await world.host("web1")
    await world.acquaint(hq, host, "push")
    await hq.link(host, "push", "strict")
    return host


@pytest.fixture
def services(hq: Host, web1: Host) -> Iterator[None]:
    """A service runs on both."""
    with ExitStack() as held:
        for host in (hq, web1):
            lock = host.store.home.service_lock
            held.enter_context(locks.exclusive(lock))
            turned(host, 0)
        yield


def turned(host: Host, ago: int) -> None:
    """Its scheduler took its last turn so many µs ago."""
    pulse.leave(host.store.home.service_lock, host.context.now() - ago)


async def seen(here: Host, there: Host) -> PeerState:
    """How the one sees the other after another cycle of hq's link."""
    peer = await here.peer(there)
    return await here.store.read(lambda db: peers.get_state(db, peer.id))


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("hangs", ["the one that is asked", "the one that asks"])
async def test_the_other_side_knows_since_when_and_when_it_is_over(hq: Host, web1: Host, hangs: str) -> None:
    sick, other = (web1, hq) if hangs == "the one that is asked" else (hq, web1)
    await hq.states()
    assert (await seen(other, sick)).silent_since is None
    turned(sick, 5 * MINUTE)
    await hq.states()
    state = await seen(other, sick)
    assert (state.service, state.silent_since) == (True, other.context.now() - 5 * MINUTE)
    assert (await seen(sick, other)).silent_since is None
    turned(sick, 1)
    await hq.states()
    assert (await seen(other, sick)).silent_since is None


@pytest.mark.usefixtures("services")
async def test_it_costs_no_commit_while_nothing_changes(hq: Host, web1: Host) -> None:
    turned(web1, 5 * MINUTE)
    for _ in range(2):
        await hq.states()
    before = await hq.store.data_version(), await web1.store.data_version()
    # Told again a little later, the same moment is not quite the same.
    turned(web1, 5 * MINUTE + 1_000_000)
    await hq.states()
    assert (await hq.store.data_version(), await web1.store.data_version()) == before


async def test_where_no_service_runs_nobody_is_silent(hq: Host, web1: Host) -> None:
    await hq.states()
    states = await seen(hq, web1), await seen(web1, hq)
    assert [(state.service, state.silent_since) for state in states] == [(False, None)] * 2


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("told", [-1, 2**63 - 1])
async def test_what_cannot_be_is_taken_for_the_nearest_that_can(
    world: World, hq: Host, web1: Host, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse.Pulse, "age", lambda self, now: told)
    await hq.states()
    assert (await seen(hq, web1)).silent_since == (None if told < 0 else 0)
