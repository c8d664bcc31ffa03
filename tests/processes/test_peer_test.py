"""The test of a peer tells, step by step, what works and what does not."""

from atsn_tui.model.version import VERSION
from atsn_tui.node.peers.views import PeerTest
from tests.nodes import Machines, introduce
from tests.processes.content import GROUP
from tests.processes.forks import Forks


def steps(test: PeerTest) -> dict[str, bool | None]:
    return {step.name: step.ok for step in test.steps}


def detail(test: PeerTest, name: str) -> str:
    return next(step.detail for step in test.steps if step.name == name)


async def test_each_step_is_told(zygote: Forks, make_node: Machines) -> None:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "status")
    service = await zygote.serve(web1)
    async with web1.open() as far:
        await far.groups.add(GROUP)
        await far.groups.add("local", replicated=False)
    async with hq.open() as node:
        await node.peers.change("web1", grants=["pull"], allow_from=["10.0.0.0/8"])
        test = await node.peers.test("web1")
        assert test.ok
        assert list(steps(test)) == ["address", "connection", "version", "clock", "groups", "grants"]
        assert detail(test, "address") == web1.identity["listen"]
        assert detail(test, "version") == f"ATSN {VERSION}"
        assert detail(test, "groups") == GROUP
        assert detail(test, "grants") == "we allow it: pull; from 10.0.0.0/8"
        peer = await node.peers.get("web1")
        assert (peer.node_id, peer.version) == (web1.identity["node_id"], VERSION)
        assert peer.last_contact is not None

        async with web1.open() as far:
            await far.peers.change("hq", grants=["none"])
        test = await node.peers.test("web1")
        assert detail(test, "groups") == "none that it lets us see, so far"

        await service.kill()
        test = await node.peers.test("web1")
        assert not test.ok
        assert (steps(test)["address"], steps(test)["connection"]) == (True, False)
        assert "atsn serve" in detail(test, "connection")

        await node.peers.change("web1", address="none")
        test = await node.peers.test("web1")
        assert detail(test, "address") == "none: it only connects to us"
