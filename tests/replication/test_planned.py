"""The near side as earlier plans will leave it: it promises exactly that, or says that it cannot."""

import pytest

from atsn_tui.errors import Moved
from atsn_tui.merge import plan as merge
from atsn_tui.model.digest import BUCKETS
from atsn_tui.model.plan import Side
from atsn_tui.replication.planned import PlannedReplica, Step
from tests.replication.plans import proposal, side
from tests.replication.world import GROUP, NAMES, Host, World, task_id


@pytest.fixture
async def dr(world: World) -> Host:
    return await world.host("dr")


@pytest.fixture
async def hub(world: World, dr: Host) -> Host:
    """A node that may pull from dr."""
    host = await world.host("hub")
    await world.acquaint(host, dr, "pull")
    return host


async def planned(hub: Host, dr: Host) -> PlannedReplica:
    """hub as a strict pull from dr will leave it."""
    step = Step(await proposal(dr, hub), await hub.peer(dr))
    return PlannedReplica(await hub.local(dr, "pull"), (step,))


async def whole(replica: PlannedReplica) -> Side:
    """The whole side, as the replica tells it bit by bit."""
    head = (await replica.head(GROUP, NAMES[GROUP], "push")).head
    assert head is not None
    outline = await replica.outline(GROUP, head.digest, "push")
    rows = await replica.rows(GROUP, head.digest, {at: outline.buckets[at] for at in range(BUCKETS)})
    return Side(GROUP, outline.settings, rows, head.digest)


@pytest.mark.parametrize("there_before", [True, False])
async def test_it_tells_the_side_that_will_be(there_before: bool, hub: Host, dr: Host) -> None:
    await dr.write_all({"comes": "a", "changes": "b", "stays": "c"})
    if there_before:
        await hub.write_all({"changes": "old", "goes": "x"}, modified=5)
        await hub.write("stays", "c", modified=dr.now)
    replica = await planned(hub, dr)
    assert await whole(replica) == await side(dr)
    bodies = await replica.bodies(GROUP, [GROUP, *map(task_id, ("comes", "changes", "stays", "goes"))])
    assert {record.row for record in bodies.values()} == {
        (await side(dr)).settings,
        *(await side(dr)).tasks.values(),
    }


async def test_its_rows_are_those_that_were_asked_for(hub: Host, dr: Host) -> None:
    await dr.write_all([f"task {number}" for number in range(30)])
    replica = await planned(hub, dr)
    there = await side(dr)
    assert there.digest is not None
    outline = await replica.outline(GROUP, there.digest, "push")
    wanted = {at: outline.buckets[at] for at in range(0, BUCKETS, 3)}
    rows = await replica.rows(GROUP, there.digest, wanted)
    assert rows == await (await dr.local(hub, "pull")).rows(GROUP, there.digest, wanted)
    assert 0 < len(rows) < 30


async def test_a_node_that_moved_cannot_promise_any_more(hub: Host, dr: Host) -> None:
    await dr.write("comes")
    await hub.write("stays")
    replica = await planned(hub, dr)
    further = await proposal(dr, hub)
    await hub.write("stays", "changed")
    with pytest.raises(Moved):
        await replica.head(GROUP, NAMES[GROUP], "push")
    with pytest.raises(Moved):
        await replica.outline(GROUP, b"", "push")
    with pytest.raises(Moved):
        await replica.rows(GROUP, b"", {1: b""})
    with pytest.raises(Moved):
        await replica.propose(further)


async def test_a_promise_that_was_kept_is_as_good_as_the_present(hub: Host, dr: Host) -> None:
    await dr.write("comes")
    replica = await planned(hub, dr)
    await hub.link(dr, "pull", "strict")
    await hub.states()
    info = await replica.head(GROUP, NAMES[GROUP], "push")
    assert info.head == (await replica.near.head(GROUP, NAMES[GROUP], "push")).head


async def test_the_brake_counts_what_will_be_there(world: World, hub: Host, dr: Host) -> None:
    lab = await world.host("lab")
    await world.acquaint(hub, lab, "pull")
    await dr.write_all([f"task {number}" for number in range(10)])
    replica = await planned(hub, dr)
    await lab.write("task 0", "new", modified=dr.now + 5)
    second = await proposal(lab, dr)  # Where dr stands, hub will.
    verdict = await PlannedReplica(await hub.local(lab, "pull"), replica.steps).propose(second)
    assert [brake.text for brake in verdict.brakes if brake.code == "deletions"] == [
        "9 of 10 tasks would be deleted; more than 5 are held"
    ]


async def test_what_a_step_deletes_starts_anew_when_the_next_brings_it_back(
    world: World, hub: Host, dr: Host
) -> None:
    lab = await world.host("lab")
    await world.acquaint(hub, lab, "pull")
    await hub.write_all(["goes", "stays"], modified=5, run_as="nobody-such")
    await dr.write("stays", modified=5, run_as="nobody-such")
    replica = await planned(hub, dr)
    assert await replica.bodies(GROUP, [task_id("goes")]) == {}
    await lab.write_all(["goes", "stays"], modified=5, run_as="nobody-such")
    verdict = await PlannedReplica(await hub.local(lab, "pull"), replica.steps).propose(
        await proposal(lab, dr, "easy")
    )
    assert verdict.notes == ("cannot run, there is no user 'nobody-such' on this machine: goes",)
    assert merge(await side(lab), await side(dr), "easy").count("add") == 1
