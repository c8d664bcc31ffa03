"""Strict copies know whom they follow: loops and second primaries are noticed."""

import pytest

from atsn_tui.model.brake import Allowance
from atsn_tui.model.result import LinkResult
from tests.replication.world import Host, World


async def trio(world: World) -> tuple[Host, Host, Host]:
    """Three nodes that may all push to and pull from each other."""
    hosts = [await world.host(name) for name in ("a", "b", "c")]
    for one in hosts:
        for other in hosts:
            if one is not other:
                await world.acquaint(one, other, "push", "pull")
    return hosts[0], hosts[1], hosts[2]


async def only(host: Host, *, attended: bool = False) -> LinkResult:
    """The result of the host's last link, by a cycle or by hand."""
    return (await host.apply())[-1] if attended else (await host.cycle()).links[-1]


async def test_a_strict_loop_is_refused_when_nobody_looks(world: World) -> None:
    a, b, c = await trio(world)
    await a.write("backup")
    await a.link(b, "push", "strict")
    await b.link(c, "push", "strict")
    await c.link(a, "push", "strict")
    assert await a.states() == ["applied"]
    assert await b.states() == ["applied"]
    await c.write("backup", "changed at the end of the chain")
    result = await only(c)
    assert result.state == "refused"
    assert result.error is not None
    assert "a strict loop: this state came through a itself" in result.error.message
    assert "make one of the strict links on the way easy, or remove it" in result.error.message
    assert await a.tasks() == {"backup": "true"}


async def test_a_strict_loop_between_two_is_refused_too(world: World) -> None:
    a, b, _ = await trio(world)
    await a.write("backup")
    await a.link(b, "push", "strict")
    await a.link(b, "pull", "strict")
    assert [each.state for each in (await a.cycle()).links] == ["refused", "applied"]
    await b.write("backup", "changed")
    assert (await a.states())[0] == "refused"


async def test_a_strict_loop_warns_whoever_looks(world: World) -> None:
    a, b, _ = await trio(world)
    await a.write("backup")
    await a.link(b, "push", "strict")
    await b.link(a, "push", "strict")
    await a.states()
    await b.write("backup", "changed")
    found = (await b.diff())[0]
    assert found.state == "differs"
    assert "a strict loop: this state came through a itself" in found.notes[0]
    assert (await only(b, attended=True)).state == "applied"
    assert await a.tasks() == {"backup": "changed"}


async def test_a_loop_walked_by_hand_does_not_grow_its_path(world: World) -> None:
    a, b, _ = await trio(world)
    await a.write("backup")
    await a.link(b, "push", "strict")
    await b.link(a, "push", "strict")
    for turn in range(4):
        await a.write("backup", f"a {turn}")
        assert (await only(a, attended=True)).state == "applied"
        await b.write("backup", f"b {turn}")
        assert (await only(b, attended=True)).state == "applied"
    row = await a.group()
    assert row is not None
    assert row.follows is not None
    assert row.follows.path == (a.store.node_id, b.store.node_id)


async def test_easy_loops_are_fine(world: World) -> None:
    a, b, c = await trio(world)
    await a.write("one")
    for one, other in ((a, b), (b, c), (c, a)):
        await one.link(other, "push", "easy")
    for host in (a, b, c):
        await host.states()
    await c.write("two")
    for host in (c, a, b):
        await host.states()
    assert await a.tasks() == await b.tasks() == await c.tasks() == {"one": "true", "two": "true"}
    assert [await host.states() for host in (a, b, c)] == [["in_sync"], ["in_sync"], ["in_sync"]]


async def test_one_easy_link_makes_a_loop_fine(world: World) -> None:
    a, b, _ = await trio(world)
    await a.write("backup")
    await a.link(b, "push", "strict")
    await b.link(a, "push", "easy")
    await a.states()
    await b.write("backup", "changed")
    assert await b.states() == ["applied"]
    assert await a.states() == ["in_sync"]


@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_a_second_primary_is_held(world: World, direction: str) -> None:
    a, b, c = await trio(world)
    await a.write("backup", "a")
    await a.link(c, "push", "strict")
    await a.states()
    await b.write("backup", "b")
    own = b if direction == "push" else c
    await own.link(c if direction == "push" else b, direction, "strict")  # type: ignore[arg-type]
    result = await only(own)
    assert result.state == "held"
    assert [brake.code for brake in result.brakes] == ["other_primary"]
    assert result.brakes[0].text == "two primaries: c keeps this group as a strict copy of a"
    assert await c.tasks() == {"backup": "a"}
    every_other = Allowance(deletions=99, restored=True, future=True)
    assert (await own.cycle(every_other)).links[-1].state == "held"
    assert (await own.cycle(Allowance(other_primary=True))).links[-1].state == "applied"
    row = await c.group()
    assert row is not None
    assert row.follows is not None
    assert row.follows.node_id == b.store.node_id


async def test_a_second_primary_warns_whoever_looks(world: World) -> None:
    a, b, c = await trio(world)
    await a.write("backup", "a")
    await a.link(c, "push", "strict")
    await a.states()
    await b.write("backup", "b")
    await b.link(c, "push", "strict")
    found = (await b.diff())[0]
    assert found.brakes == ()
    assert found.notes[0] == "two primaries: c keeps this group as a strict copy of a"
    assert (await only(b, attended=True)).state == "applied"


async def test_two_strict_pulls_in_one_round_are_two_primaries(world: World) -> None:
    a, b, c = await trio(world)
    await a.write("backup", "a")
    await b.write("backup", "b")
    await c.link(a, "pull", "strict")
    await c.link(b, "pull", "strict")
    for _ in range(2):
        report = await c.cycle()
        assert [each.state for each in report.links][1] == "held"
        assert report.links[1].brakes[0].text == "two primaries: c keeps this group as a strict copy of a"
        assert await c.tasks() == {"backup": "a"}


async def test_easy_from_another_peer_does_not_change_whom_a_group_follows(world: World) -> None:
    a, b, c = await trio(world)
    await a.write("backup", "a")
    await a.link(c, "push", "strict")
    await a.states()
    await b.write("more", "b")
    await b.link(c, "push", "easy")
    assert await b.states() == ["applied"]
    row = await c.group()
    assert row is not None
    assert row.follows is not None
    assert row.follows.node_id == a.store.node_id


async def test_a_chain_in_one_round_is_known_at_its_end(world: World) -> None:
    a, b, c = await trio(world)
    await a.write("backup")
    await b.link(a, "pull", "strict")
    await b.link(c, "push", "strict")
    assert await b.states() == ["applied", "applied"]
    await c.link(a, "push", "strict")
    await c.write("backup", "changed")
    result = await only(c)
    assert result.state == "refused"
    assert result.error is not None
    assert "a strict loop" in result.error.message
