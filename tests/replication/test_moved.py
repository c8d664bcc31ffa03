"""What was previewed is what is applied, or nothing is; and what became of it is told truthfully."""

import asyncio
import threading
from typing import Any

import pytest
from msgspec import structs

from atsn_tui.errors import Moved, Refused, Unreachable
from atsn_tui.model.brake import Allowance
from atsn_tui.replication import applying, ledger
from atsn_tui.replication import cycle as cycles
from atsn_tui.replication.local import LocalReplica
from tests.replication.plans import proposal
from tests.replication.rules import Gate, before, cut_after, cut_before
from tests.replication.world import GROUP, Host, Wire, World


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "RECONNECTS", (0.0, 0.01, 0.02))
    monkeypatch.setattr(cycles, "JITTER", (0.0, 0.01))


@pytest.fixture
async def hq(world: World) -> Host:
    host = await world.host("hq")
    await host.write_all({"backup": "df", "rotate": "ls"})
    return host


@pytest.fixture
async def web1(world: World, hq: Host) -> Host:
    """A node that hq may push to and that may pull from hq."""
    host = await world.host("web1")
    await world.acquaint(hq, host, "push")
    await world.acquaint(host, hq, "pull")
    return host


@pytest.mark.parametrize("mover", ["hq", "web1"])
@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_a_side_that_moved_after_the_preview_gets_nothing(
    direction: str, mover: str, hq: Host, web1: Host
) -> None:
    own, other = (hq, web1) if direction == "push" else (web1, hq)
    await web1.write("mine")
    await own.link(other, direction)  # type: ignore[arg-type]
    round_ = await own.round()
    await round_.compute()
    await (hq if mover == "hq" else web1).write("moved", "meanwhile")
    before_ = await web1.groups_dump()
    result = (await round_.apply())[0]
    assert result.state == "moved"
    assert result.error is not None
    assert "changed" in result.error.message
    assert await web1.groups_dump() == before_
    await round_.compute()
    assert [each.state for each in await round_.apply()] == ["applied"]


STEPS = [
    *("AskHead", "HeadIs", "AskOutline", "OutlineIs", "AskRows", "Rows"),
    *("AskBodies", "Bodies", "Propose", "Judged", "Commit"),
]


@pytest.mark.parametrize("mover", ["hq", "web1"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_a_move_at_any_step_is_noticed_or_carried_but_never_mixed(
    world: World, direction: str, step: str, mover: str, hq: Host, web1: Host
) -> None:
    own, other = (hq, web1) if direction == "push" else (web1, hq)
    await own.link(other, direction, "strict")  # type: ignore[arg-type]
    assert await own.states() == ["applied"]
    hq.now = web1.now = hq.now + 100
    await hq.write_all({"backup": "new", "more": "x"})
    states: list[bytes | None] = [await hq.digest()]
    at_home = await web1.digest()

    async def move() -> None:
        await (hq if mover == "hq" else web1).write_all({"backup": step, "moved": step})
        states.extend([await hq.digest(), await web1.digest()])

    world.line.rules.append(before(step, move))
    round_ = await own.round()
    await round_.compute()
    result = (await round_.apply())[0]
    if len(states) > 1 and result.state == "moved":
        assert await web1.digest() == (states[-1] if mover == "web1" else at_home)
    else:
        assert result.state == "applied"
        assert await web1.digest() in states
    # A cycle on top comes to rest at a full copy.
    world.line.rules.clear()
    assert await own.states() in (["applied"], ["in_sync"])
    assert await web1.digest() == await hq.digest()


async def test_what_is_not_on_screen_any_more_is_not_applied(hq: Host, web1: Host) -> None:
    link = await hq.link(web1, "push")
    round_ = await hq.round()
    await round_.compute()
    shown = {link.id: round_.results[0]}
    await hq.write("backup", "changed since")
    await round_.compute()
    result = (await round_.apply(shown=shown))[0]
    assert result.state == "moved"
    assert result.error is not None
    assert "the plan changed after it was shown" in result.error.message
    assert await web1.group() is None
    await round_.compute()
    await round_.compute()  # Compared again with the same outcome: what is shown is still true.
    shown = {link.id: round_.results[0]}
    assert [each.state for each in await round_.apply(shown=shown)] == ["applied"]


async def test_a_cycle_plans_again_when_a_side_moved(world: World, hq: Host, web1: Host) -> None:
    await hq.link(web1, "push", "strict")
    world.line.rules.append(before("Commit", lambda: web1.write("mine")))
    assert await hq.states() == ["applied"]
    assert await web1.records() == await hq.records()


async def test_a_cycle_gives_up_on_what_never_rests(world: World, hq: Host, web1: Host) -> None:
    await hq.link(web1, "push", "strict")
    moves = 0

    async def rule(wire: Any, sender: str, message: Any) -> Any:
        nonlocal moves
        if type(message).__name__ == "Commit":
            moves += 1
            await web1.write("mine", f"move {moves}")
        return message

    world.line.rules.append(rule)
    assert await hq.states() == ["moved"]
    assert moves == cycles.TRIES
    assert await web1.tasks() == {"mine": f"move {moves}"}


async def test_planning_again_keeps_what_the_other_links_came_to(world: World, hq: Host, web1: Host) -> None:
    web2 = await world.host("web2")
    await world.acquaint(hq, web2, "push")
    await hq.link(web1, "push", "strict")
    await hq.link(web2, "push", "strict")

    async def rule(wire: Any, sender: str, message: Any) -> Any:
        if type(message).__name__ == "Commit" and wire.answerer == "web2" and await web2.group() is None:
            await web2.write("mine")
        return message

    world.line.rules.append(rule)
    report = await hq.cycle()
    assert [(each.state, each.applied.added) for each in report.links] == [("applied", 2), ("applied", 2)]


@pytest.mark.parametrize("direction", ["push", "pull"])
@pytest.mark.parametrize("kind", ["Hello", "AskHead", "AskOutline", "AskRows", "AskBodies", "Propose"])
@pytest.mark.parametrize("cut", [cut_before, cut_after])
async def test_a_connection_that_breaks_while_comparing_changes_nothing(
    world: World, cut: Any, kind: str, direction: str, hq: Host, web1: Host
) -> None:
    own, other = (hq, web1) if direction == "push" else (web1, hq)
    await own.link(other, direction, "strict")  # type: ignore[arg-type]
    await own.states()
    await hq.write("backup", "new")
    await own.connections.close()
    before_ = await web1.groups_dump()
    world.line.rules.append(cut(kind))
    states = [each.state for each in await own.apply()]
    if direction == "pull" and kind == "Propose":
        assert states == ["applied"]  # A pull's plan is judged here, so nothing of that kind is sent.
        return
    assert states == ["unreachable"]
    assert await web1.groups_dump() == before_
    assert [each.state for each in await own.apply()] == ["applied"]


async def test_an_apply_that_never_arrived_is_failed(world: World, hq: Host, web1: Host) -> None:
    await hq.link(web1, "push", "strict")
    world.line.rules.append(cut_before("Commit"))
    result = (await hq.apply())[0]
    assert result.state == "failed"
    assert result.error is not None
    assert result.error.code == "unreachable"
    assert "broke before it applied anything; try again" in result.error.message
    assert await web1.group() is None
    assert [each.state for each in await hq.apply()] == ["applied"]


async def test_an_apply_whose_answer_was_lost_is_applied(world: World, hq: Host, web1: Host) -> None:
    await hq.link(web1, "push", "strict")
    world.line.rules.append(cut_after("Commit"))
    result = (await hq.apply())[0]
    assert result.state == "applied"
    assert result.applied.added == 2
    assert await web1.digest() == await hq.digest()
    assert [each.state for each in await hq.apply()] == ["in_sync"]


@pytest.mark.parametrize("arrived", [True, False])
async def test_an_apply_after_which_all_is_different_is_moved(
    world: World, arrived: bool, hq: Host, web1: Host
) -> None:
    await hq.link(web1, "push", "strict")
    world.line.rules.append((cut_after if arrived else cut_before)("Commit"))
    round_ = await hq.round()
    await round_.compute()
    world.line.rules.append(before("Hello", lambda: web1.write("mine")))
    result = (await round_.apply())[0]
    assert result.state == "moved"
    assert result.error is not None
    assert "changed while the connection was lost" in result.error.message


async def test_a_peer_that_stays_away_after_an_apply_is_said_to_hold_one_of_two_states(
    world: World, hq: Host, web1: Host
) -> None:
    await hq.link(web1, "push", "strict")
    round_ = await hq.round()
    await round_.compute()
    web1.down = True
    world.line.rules.append(cut_after("Commit"))
    result = (await round_.apply())[0]
    assert result.state == "unreachable"
    assert result.error is not None
    assert (
        "it holds the old or the new state whole, and the next contact will tell which"
        in result.error.message
    )
    web1.down = False
    world.line.rules.clear()
    assert [each.state for each in await hq.apply()] == ["in_sync"]


async def test_who_asks_again_while_the_apply_still_runs_hears_what_came_of_it(
    world: World, hq: Host, web1: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hq.link(web1, "push", "strict")
    begun, go_on = threading.Event(), threading.Event()
    apply = LocalReplica._apply

    def slowly(self: LocalReplica, *words: Any) -> Any:
        begun.set()
        go_on.wait(30)
        return apply(self, *words)

    monkeypatch.setattr(LocalReplica, "_apply", slowly)
    wires: list[Wire] = []

    async def note(wire: Wire, sender: str, message: Any) -> Any:
        wires.append(wire)
        return message

    world.line.rules.append(note)
    applying = asyncio.create_task(hq.apply())
    await asyncio.to_thread(begun.wait)
    await wires[-1].close()
    await asyncio.wait({applying}, timeout=0.3)
    assert world.line.kinds("hq")[-1] in ("Hello", "Withdraw")
    assert not applying.done()
    go_on.set()
    assert [each.state for each in await applying] == ["applied"]


async def test_cancelling_waits_for_what_was_sent_and_starts_no_more(
    world: World, hq: Host, web1: Host
) -> None:
    web2, web3 = await world.host("web2"), await world.host("web3")
    for other in (web2, web3):
        await world.acquaint(hq, other, "push")
    for other in (web1, web2, web3):
        await hq.link(other, "push", "strict")
    round_ = await hq.round()
    await round_.compute()
    sent, waiting = Gate("Committed", "web1"), Gate("AskHead", "web2")
    world.line.rules.extend([sent, waiting])
    # web1's plan was sent; those of the others wait at their turn.
    for link in round_.targets[1:]:
        await round_._turns[link.link.id].acquire()
    applying = asyncio.create_task(round_.apply())
    await sent.reached.wait()
    applying.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    assert not applying.done()
    applying.cancel()
    sent.opened.set()
    with pytest.raises(asyncio.CancelledError):
        await applying
    assert [each.state for each in round_.results] == ["applied", "differs", "differs"]
    assert await web1.digest() == await hq.digest()
    assert await web2.group() is None
    assert await web3.group() is None


async def test_cancelling_a_pull_waits_for_its_transaction(
    hq: Host, web1: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    await web1.link(hq, "pull")
    round_ = await web1.round()
    await round_.compute()
    begun, go_on = asyncio.Event(), asyncio.Event()
    commit = LocalReplica.commit

    async def slowly(self: LocalReplica, *words: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await commit(self, *words)

    monkeypatch.setattr(LocalReplica, "commit", slowly)
    applying = asyncio.create_task(round_.apply())
    await begun.wait()
    applying.cancel()
    await asyncio.wait({applying}, timeout=0.1)
    assert not applying.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await applying
    assert [each.state for each in round_.results] == ["applied"]
    assert await web1.digest() == await hq.digest()


async def test_cancelling_a_comparison_leaves_nothing_hanging(world: World, hq: Host, web1: Host) -> None:
    await hq.link(web1, "push")
    gate = Gate("Propose")
    world.line.rules.append(gate)
    computing = asyncio.create_task(hq.diff())
    await gate.reached.wait()
    computing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(computing, 20)
    world.line.rules.clear()
    assert [each.state for each in await hq.apply()] == ["applied"]


async def test_an_answer_that_nobody_waits_for_any_more_is_not_taken_for_another(
    world: World, hq: Host, web1: Host
) -> None:
    far = await hq.remote(web1)
    gate = Gate("Groups")
    world.line.rules.append(gate)
    asking = asyncio.create_task(far.groups())
    await gate.reached.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    gate.opened.set()
    with pytest.raises(Unreachable):
        await far.head(GROUP, "x", "push")
    assert (await (await hq.remote(web1)).head(GROUP, "x", "push")).head is None


async def test_a_commit_of_another_promise_is_moved(hq: Host, web1: Host) -> None:
    plan = await proposal(hq, web1)
    far = await hq.remote(web1)
    verdict = await far.propose(plan)
    other = structs.replace(plan, plan=structs.replace(plan.plan, promise=b"x" * 32))
    with pytest.raises(Moved, match="not the one proposed last on this connection"):
        await far.commit(other, verdict, Allowance())
    assert await web1.group() is None


async def test_a_commit_without_its_proposal_is_moved(hq: Host, web1: Host) -> None:
    plan = await proposal(hq, web1)
    far = await hq.remote(web1)
    verdict = await far.propose(plan)
    other_channel = await hq.remote(web1, "another channel")
    with pytest.raises(Moved, match="not the one proposed last on this connection"):
        await other_channel.commit(plan, verdict, Allowance())
    await far.commit(plan, verdict, Allowance())
    with pytest.raises(Moved, match="not the one proposed last on this connection"):
        await far.commit(plan, verdict, Allowance())


async def test_a_result_that_cannot_be_kept_is_told_all_the_same(
    hq: Host, web1: Host, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def busy(*words: Any) -> Any:
        raise Refused("another process keeps the database busy")

    monkeypatch.setattr(ledger, "save", busy)
    await hq.link(web1, "push")
    assert [each.state for each in await hq.apply()] == ["applied"]
    assert await web1.digest() == await hq.digest()
    assert "is not kept: another process keeps the database busy" in caplog.text


async def test_what_a_caller_does_wrong_with_a_result_reaches_the_caller(hq: Host, web1: Host) -> None:
    await hq.link(web1, "push")
    round_ = await hq.round()

    def wrong(result: Any) -> None:
        raise KeyError("a screen that is gone")

    with pytest.raises(KeyError):
        await round_.compute(wrong)
