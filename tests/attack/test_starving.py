"""A good peer is served, and memory stays bounded, whatever a stranger or another peer does. More of it by hand:
tests/benchmarks/starve.py."""

import pytest

from tests.attack.starving import ATTACKS, Attack, Target, made
from tests.nodes import Machines

SIZE = 200
PATIENCE = 8.0
"""Seconds that the good peer may wait once, on a machine that does other things as well."""
GROWTH = 300
"""MiB that the service may take: four messages that are unpacked, and what lies there for one peer."""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> "object":
    machines = Machines(tmp_path_factory.mktemp("target"))
    yield made(machines("web1"))
    machines.close()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_the_good_peer_is_served_meanwhile(attack: Attack, target: Target) -> None:
    before = target.memory
    target.waited.clear()
    target.most = 0
    await target.under(attack, SIZE)
    assert target.waited
    assert max(target.waited) < PATIENCE
    assert target.most - before < GROWTH
