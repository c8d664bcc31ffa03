"""Several links at once: peers do not wait for each other, and links of one group build on each other."""

import asyncio

import pytest

from atsn_tui.model.brake import Allowance
from atsn_tui.model.result import LinkResult
from atsn_tui.replication import comparing, server
from atsn_tui.store import links
from atsn_tui.transport import frames
from tests.replication.rules import Gate, before
from tests.replication.world import OTHER, Host, World


async def star(world: World, *names: str) -> tuple[Host, list[Host]]:
    """A hub that may push to and pull from all others."""
    hub = await world.host("hub")
    others = [await world.host(name) for name in names]
    for other in others:
        await world.acquaint(hub, other, "push", "pull")
    return hub, others


def states(results: list[LinkResult]) -> dict[str, str]:
    """The state of each peer's link."""
    return {result.peer: result.state for result in results}


async def test_a_peer_that_fails_does_not_keep_the_others(world: World) -> None:
    hub, others = await star(world, "web1", "web2", "web3")
    await hub.write("backup")
    for other in others:
        await hub.link(other, "push", "strict")
    others[1].down = True
    report = await hub.cycle()
    assert states(list(report.links)) == {"web1": "applied", "web2": "unreachable", "web3": "applied"}
    assert report.links[1].error is not None
    assert "web2 (web2:22) cannot be reached" in report.links[1].error.message


@pytest.mark.parametrize("kind", ["Hello", "AskHead", "Propose"])
async def test_nobody_waits_for_a_peer_that_hangs(world: World, kind: str) -> None:
    hub, (web1, web2, web3) = await star(world, "web1", "web2", "web3")
    await hub.write("backup")
    for other in (web1, web2, web3):
        await hub.link(other, "push", "strict")
    gate = Gate(kind, "web2")
    world.line.rules.append(gate)
    round_ = await hub.round()
    told: list[str] = []
    both = asyncio.Event()

    def on_result(result: LinkResult) -> None:
        told.append(result.peer)
        if len(told) == 2:
            both.set()

    computing = asyncio.create_task(round_.compute(on_result))
    await asyncio.wait_for(both.wait(), 30)
    assert sorted(told) == ["web1", "web3"]
    # What is known can be applied while the other one still hangs.
    applied = [asyncio.create_task(round_.apply(skip=[round_.targets[1].link.id]))]
    await asyncio.wait_for(applied[0], 30)
    assert await web1.digest() == await web3.digest() == await hub.digest()
    gate.opened.set()
    await computing
    assert states(list(round_.results)) == {"web1": "applied", "web2": "differs", "web3": "applied"}


async def test_a_pull_that_hangs_keeps_no_other_group_from_being_applied(world: World) -> None:
    hub, (slow, web1) = await star(world, "slow", "web1")
    await slow.write("backup")
    await hub.write("other", group_id=OTHER)
    await hub.link(slow, "pull")
    push = await hub.link(web1, "push", "easy", OTHER)
    round_ = await hub.round()
    await round_.compute()
    gate = Gate("AskHead", "slow")
    world.line.rules.append(gate)
    done = asyncio.Event()

    def on_result(result: LinkResult) -> None:
        assert result.link_id == push.id or gate.opened.is_set()
        done.set()

    applying = asyncio.create_task(round_.apply(on_result))
    await asyncio.wait_for(done.wait(), 30)
    assert await web1.tasks(OTHER) == {"other": "true"}
    gate.opened.set()
    assert states(await applying) == {"slow": "applied", "web1": "applied"}


async def test_a_peer_that_never_answers_is_given_up(world: World) -> None:
    hub, (web1,) = await star(world, "web1")
    await hub.write("backup")
    await hub.link(web1, "push")
    object.__setattr__(hub.context, "answer_timeout", 0.1)
    world.line.rules.append(Gate("AskHead"))
    result = (await hub.cycle()).links[0]
    assert result.state == "unreachable"
    assert result.error is not None
    assert result.error.message == "web1 did not answer within 0.1 s"
    world.line.rules.clear()
    assert await hub.states() == ["applied"]


async def test_a_fault_of_ours_in_one_link_is_that_links_result(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hub, (web1, web2) = await star(world, "web1", "web2")
    await hub.write("backup")
    await hub.link(web1, "push")
    await hub.link(web2, "push")
    real = comparing.prepare

    async def broken(question, near, far):  # type: ignore[no-untyped-def]
        if question.peer.name == "web1":
            raise RuntimeError("a bug")
        return await real(question, near, far)

    monkeypatch.setattr(comparing, "prepare", broken)
    report = await hub.cycle()
    assert states(list(report.links)) == {"web1": "failed", "web2": "applied"}
    assert report.links[0].error is not None
    assert report.links[0].error.code == "internal"
    assert "RuntimeError: a bug" in caplog.text


async def test_a_push_builds_on_the_pull_before_it(world: World) -> None:
    hub, (dr, web1) = await star(world, "dr", "web1")
    await dr.write_all({"from dr": "df", "both": "dr"}, modified=hub.now + 10)
    await hub.write_all({"both": "hub", "from hub": "ls"})
    await hub.link(web1, "push", "strict")
    await hub.link(dr, "pull", "easy")
    round_ = await hub.round()
    found = await round_.compute()
    assert [(each.peer, each.state) for each in found] == [("dr", "differs"), ("web1", "differs")]
    assert sorted(change.name for change in found[1].changes) == [
        "Replicated tasks", "both", "from dr", "from hub",
    ]  # fmt: skip
    assert await hub.tasks() == {"both": "hub", "from hub": "ls"}
    assert states(await round_.apply()) == {"dr": "applied", "web1": "applied"}
    assert await web1.tasks() == {"both": "dr", "from dr": "df", "from hub": "ls"}
    assert await web1.digest() == await hub.digest()
    assert states(await hub.diff()) == {"dr": "in_sync", "web1": "in_sync"}


async def test_a_group_pulled_for_the_first_time_is_pushed_on_in_the_same_round(world: World) -> None:
    hub, (dr, web1) = await star(world, "dr", "web1")
    await dr.write("backup")
    await hub.link(dr, "pull", "strict")
    await hub.link(web1, "push", "strict")
    assert await hub.states() == ["applied", "applied"]
    assert await web1.digest() == await dr.digest()
    row = await web1.group()
    assert row is not None
    assert row.follows is not None
    assert row.follows.path == (dr.store.node_id, hub.store.node_id)


async def test_pulls_from_two_peers_build_on_each_other(world: World) -> None:
    hub, (dr, lab, web1) = await star(world, "dr", "lab", "web1")
    await dr.write_all({"a": "dr", "b": "dr"}, modified=5)
    await lab.write_all({"b": "lab", "c": "lab"}, modified=6)
    for peer in (dr, lab):
        await peer.set(modified=4)
    await hub.link(dr, "pull")
    await hub.link(lab, "pull")
    await hub.link(web1, "push", "strict")
    assert await hub.states() == ["applied", "applied", "applied"]
    assert await hub.tasks() == await web1.tasks() == {"a": "dr", "b": "lab", "c": "lab"}


async def test_a_deletion_that_was_pulled_is_pushed_on(world: World) -> None:
    hub, (dr, web1) = await star(world, "dr", "web1")
    await dr.write_all([f"task {number}" for number in range(10)])
    await hub.link(dr, "pull", "strict")
    await hub.link(web1, "push", "strict")
    await hub.states()
    await dr.delete("task 1")
    await dr.write("task 2", "df")
    found = await hub.diff()
    assert [(each.total, each.deletions) for each in found] == [(2, 1), (2, 1)]
    assert await hub.states() == ["applied", "applied"]
    assert await web1.records() == await dr.records()


async def test_a_skipped_pull_is_neither_applied_nor_built_on(world: World) -> None:
    hub, (dr, web1) = await star(world, "dr", "web1")
    await dr.write("from dr")
    await hub.write("from hub")
    pull = await hub.link(dr, "pull")
    await hub.link(web1, "push")
    round_ = await hub.round()
    round_.set_skipped(pull.id, True)
    await round_.compute()
    assert states(await round_.apply()) == {"dr": "differs", "web1": "applied"}
    assert await web1.tasks() == await hub.tasks() == {"from hub": "true"}
    round_.set_skipped(pull.id, False)
    await round_.compute()
    assert states(await round_.apply()) == {"dr": "applied", "web1": "applied"}
    assert await web1.tasks() == {"from hub": "true", "from dr": "true"}


async def test_a_push_that_built_on_a_pull_left_out_later_is_not_applied(world: World) -> None:
    hub, (dr, web1) = await star(world, "dr", "web1")
    await dr.write("from dr")
    await hub.write("from hub")
    pull = await hub.link(dr, "pull")
    await hub.link(web1, "push")
    round_ = await hub.round()
    await round_.compute()
    found = await round_.apply(skip=[pull.id])
    assert states(found) == {"dr": "differs", "web1": "moved"}
    assert found[1].error is not None
    assert "a pull that this link builds on was not applied" in found[1].error.message
    assert await web1.group() is None


async def test_a_held_pull_does_not_keep_a_cycle_from_pushing(world: World) -> None:
    hub, (dr, web1) = await star(world, "dr", "web1")
    await dr.write_all(["one", "two", "three"])
    await hub.link(dr, "pull", "strict")
    await hub.link(web1, "push", "strict")
    await hub.states()
    await dr.delete("one", "two")
    hub.now += 10
    await hub.write("one", "changed here")
    assert await hub.states() == ["held", "applied"]
    assert await web1.tasks() == await hub.tasks()
    assert await hub.states(Allowance(deletions=2)) == ["applied", "applied"]
    assert await web1.tasks() == await hub.tasks() == {"three": "true"}


async def test_a_pull_that_waits_for_a_person_does_not_keep_a_cycle_from_pushing(world: World) -> None:
    hub, (dr, web1) = await star(world, "dr", "web1")
    await dr.write("from dr")
    await hub.write("from hub")
    await hub.link(dr, "pull", apply="ask")
    await hub.link(web1, "push")
    assert await hub.states(trigger="schedule") == ["differs", "applied"]
    assert await web1.tasks() == {"from hub": "true"}
    assert await hub.states(trigger="hand") == ["applied", "applied"]
    assert await web1.tasks() == {"from hub": "true", "from dr": "true"}


async def test_a_mode_for_this_round_only(world: World) -> None:
    hub, (web1,) = await star(world, "web1")
    await hub.write("backup")
    await web1.write("extra")
    link = await hub.link(web1, "push", "easy")
    await hub.states()
    round_ = await hub.round()
    round_.set_mode(link.id, "strict")
    assert [(each.mode, each.state, each.deletions) for each in await round_.compute()] == [
        ("strict", "differs", 1)
    ]
    # Asked again, it is not mistaken for the state that easy found settled.
    assert [(each.mode, each.state) for each in await round_.compute()] == [("strict", "differs")]
    state = await hub.store.read(lambda db: links.get_state(db, link.id))
    assert state.result is not None
    assert (state.result.mode, state.result.state) == ("easy", "applied")
    assert [(each.mode, each.state) for each in await hub.diff()] == [("easy", "in_sync")]
    assert [(each.mode, each.state) for each in await round_.compute()] == [("strict", "differs")]
    await round_.apply()
    assert await web1.tasks() == {"backup": "true"}


async def test_pulls_are_applied_in_their_order_even_if_one_was_compared_again(world: World) -> None:
    hub, (dr, lab) = await star(world, "dr", "lab")
    await dr.write("a")
    await lab.write("b")
    first = await hub.link(dr, "pull")
    await hub.link(lab, "pull")
    round_ = await hub.round()
    dr.down = True
    await round_.compute()
    dr.down = False
    await round_.compute()
    order: list[str | None] = []
    await round_.apply(lambda result: order.append(result.link_id))
    assert order[0] == first.id
    assert await hub.tasks() == {"a": "true", "b": "true"}


async def test_only_what_was_chosen_takes_part(world: World) -> None:
    hub, (web1, web2) = await star(world, "web1", "web2")
    await hub.write("backup")
    link = await hub.link(web1, "push")
    await hub.link(web2, "push")
    round_ = await hub.round(only=[link])
    await round_.compute()
    assert states(await round_.apply()) == {"web1": "applied"}
    assert await web2.group() is None


async def test_two_nodes_that_push_to_each_other_at_once_come_to_rest(world: World) -> None:
    hub, (web1,) = await star(world, "web1")
    await world.acquaint(web1, hub, "push")
    await hub.write_all({"a": "hub", "both": "hub"})
    await web1.write_all({"b": "web1", "both": "web1"}, modified=hub.now + 1)
    await hub.set(modified=hub.now)
    await hub.link(web1, "push", "easy")
    await web1.link(hub, "push", "easy")
    for _ in range(3):
        await asyncio.gather(hub.cycle(), web1.cycle())
    assert await hub.tasks() == await web1.tasks() == {"a": "hub", "b": "web1", "both": "web1"}
    assert await hub.digest() == await web1.digest()


async def test_cycles_of_several_masters_at_once_need_no_locks(world: World) -> None:
    hub, (web1, web2) = await star(world, "web1", "web2")
    await world.acquaint(web1, web2, "push")
    await hub.write("a")
    await web1.write("b", modified=hub.now)
    await hub.link(web2, "push", "easy")
    await web1.link(web2, "push", "easy")
    await asyncio.gather(hub.cycle(), web1.cycle(), hub.cycle(), web1.cycle())
    assert set(await web2.tasks()) == {"a", "b"}


async def test_another_change_to_the_plan_of_a_round_shows_as_moved(world: World) -> None:
    hub, (web1,) = await star(world, "web1")
    await hub.write("backup")
    await hub.link(web1, "push")
    world.line.rules.append(before("Commit", lambda: web1.write("mine")))
    assert states(await hub.apply()) == {"web1": "moved"}
    assert await web1.tasks() == {"mine": "true"}


async def test_both_directions_with_one_peer_meet_in_one_round(world: World) -> None:
    hub, (web1,) = await star(world, "web1")
    await hub.write_all({"mine": "hub", "both": "hub"})
    await web1.write_all({"theirs": "web1", "both": "web1"}, modified=hub.now + 5)
    await hub.link(web1, "push", "easy")
    await hub.link(web1, "pull", "easy")
    assert await hub.states() == ["applied", "applied"]
    assert await hub.tasks() == await web1.tasks() == {"mine": "hub", "theirs": "web1", "both": "web1"}
    assert await hub.states() == ["in_sync", "in_sync"]
    # Deleting on one side only brings it back from the other: easy never deletes.
    await hub.delete("theirs")
    assert await hub.states() == ["applied", "in_sync"]
    assert "theirs" in await hub.tasks()


async def test_a_plan_too_large_for_one_message_is_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, (web1, web2) = await star(world, "web1", "web2")
    await hub.write("backup", "x" * 5000)
    await hub.write("other", group_id=OTHER)
    await hub.link(web1, "push")
    await hub.link(web2, "push", "easy", OTHER)
    monkeypatch.setattr(frames, "MAX_MESSAGE", 4000)
    report = await hub.cycle()
    assert sorted(each.state for each in report.links) == ["applied", "failed"]
    result = next(each for each in report.links if each.state == "failed")
    assert result.error is not None
    for part in ("a plan of 2 changes", "is too large to send: at most 4000 can be", "split the group"):
        assert part in result.error.message
    assert await web1.group() is None
    monkeypatch.undo()
    assert sorted(await hub.states()) == ["applied", "in_sync"]


async def test_what_is_too_large_to_be_pushed_can_be_pulled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, (web1,) = await star(world, "web1")
    await world.acquaint(web1, hub, "pull")
    await hub.write_all({f"task {number}": "x" * 500 for number in range(30)})
    await hub.link(web1, "push")
    await web1.link(hub, "pull")
    monkeypatch.setattr(frames, "MAX_MESSAGE", 8000)
    monkeypatch.setattr(server, "MAX_BODIES", 3000)
    [result] = (await hub.cycle()).links
    assert result.error is not None
    assert "let web1 pull it" in result.error.message
    assert await web1.states() == ["applied"]
    assert await hub.states() == ["in_sync"]
