"""What an sshd starts for a peer: nothing of it ends in silence."""

import os

import pytest

from atsn_tui.host import channel
from atsn_tui.node.node import Node
from atsn_tui.node.peers.contact import context_of
from tests.node.samples import public_key
from tests.nodes import Machine, Machines


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


async def served(node: Node) -> None:
    """A peer is served that says nothing."""
    environ = {"SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22"}
    (incoming, say), (hear, outgoing) = os.pipe(), os.pipe()
    try:
        await channel.serve_stdio(context_of(node.core), "web1", None, environ, (incoming, outgoing))
    finally:
        os.close(say)
        os.close(hear)


async def test_a_fault_of_the_watch_over_a_peer_ends_its_channel_and_is_told(
    hq: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(channel, "until_less", broken)
    async with hq.open() as node:
        await node.peers.add("web1", public_key(1))
        with pytest.raises(ZeroDivisionError):
            await served(node)
