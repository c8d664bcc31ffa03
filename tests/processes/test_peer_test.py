"""The test of a peer tells, step by step, what works and what does not."""

from atsn_tui.errors import BY_CODE
from atsn_tui.model.version import VERSION
from atsn_tui.node.peers.views import PeerTest
from tests.node.samples import public_key
from tests.nodes import Machine, Machines, free_port, introduce
from tests.processes.content import GROUP
from tests.processes.forks import Forks

WAY = ["name", "connection", "host key", "login", "answer"]


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
        assert list(steps(test)) == ["address", *WAY, "version", "clock", "groups", "grants"]
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
        assert detail(test, "groups").startswith("none that it lets us see, so far")
        assert detail(test, "groups").endswith("run on web1: atsn peer set hq --grant pull,push")

        await service.kill()
        test = await node.peers.test("web1")
        assert not test.ok
        assert list(steps(test).values())[:4] == [True, True, False, None]
        assert "atsn serve" in detail(test, "connection")

        await node.peers.change("web1", address="none")
        test = await node.peers.test("web1")
        assert detail(test, "address").startswith("none: it only connects to us, last contact 20")
        assert (test.ok, test.exit_code) == (True, 0), "there is nothing that could fail"
        await node.peers.add("web9", public_key(9))
        test = await node.peers.test("web9")
        assert detail(test, "address") == "none: it only connects to us, and has not done so yet"


async def failed(hq: Machine) -> dict[str, tuple[str | None, str]]:
    """The steps that fail, with code and words; the command exits with the worst of them."""
    async with hq.open() as node:
        test = await node.peers.test("web1")
    found = {step.name: (step.code, step.detail) for step in test.steps if step.ok is False}
    assert test.exit_code == max((BY_CODE[code or ""].exit_code for code, _ in found.values()), default=0)
    return found


async def test_what_fails_decides_what_the_command_exits_with(zygote: Forks, make_node: Machines) -> None:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "status")
    service = await zygote.serve(web1)

    async def change(machine: Machine, peer: str, **values: str) -> None:
        async with machine.open() as node:
            await node.peers.change(peer, **values)  # type: ignore[arg-type]

    assert await failed(hq) == {}
    await change(hq, "web1", host_key=public_key(7))
    assert (await failed(hq))["host key"][0] == "refused"
    assert (await zygote.run(hq, "peer", "test", "web1")).code == 3
    await change(hq, "web1", host_key=web1.identity["host_key"])
    await change(web1, "hq", key=public_key(7))
    assert (await failed(hq))["login"][0] == "refused"
    await change(web1, "hq", key=hq.identity["public_key"])
    await change(hq, "web1", address="no-such-host.invalid:1")
    assert (await failed(hq))["name"][0] == "unreachable"
    await change(hq, "web1", address=f"127.0.0.1:{free_port()}")
    assert (await failed(hq))["connection"][0] == "unreachable"
    assert (await zygote.run(hq, "peer", "test", "web1")).code == 4
    await service.kill()


async def test_what_the_peer_does_not_allow_our_links_is_told_with_the_line_to_type_there(
    zygote: Forks, make_node: Machines
) -> None:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1)
    service = await zygote.serve(web1)
    async with hq.open() as node:
        group = await node.groups.add("our tasks")
        await node.links.add("our tasks", "web1", "push")
        await node.links.add("theirs", "web1", "pull")
    async with web1.open() as far:
        await far.groups.add("theirs")
    found = await failed(hq)
    assert list(found) == ["pull theirs", "push our tasks"]
    assert found["push our tasks"][1].endswith(f"run on web1: atsn peer set hq --grant push:{group.id}")
    assert found["pull theirs"][1].endswith("run on web1: atsn peer set hq --grant pull:theirs")
    async with web1.open() as far:
        await far.peers.change("hq", grants=["status", "pull:theirs"])
    found = await failed(hq)
    assert list(found) == ["push our tasks"], "who may ask how a group stands may not push it yet"
    assert found["push our tasks"][0] == "refused"
    async with web1.open() as far:
        await far.peers.change("hq", grants=["push", "pull:theirs"])
    assert await failed(hq) == {}
    await service.kill()


async def test_grants_are_told_by_the_names_of_groups(make_node: Machines) -> None:
    async with (await make_node.make("hq", listen=False)).open() as node:
        group = await node.groups.add("our tasks")
        await node.peers.add("web1", public_key(9), grants=["pull", f"push:{group.id}"])
        test = await node.peers.test("web1")
    assert detail(test, "grants") == "we allow it: pull, push:our tasks; from any address"
