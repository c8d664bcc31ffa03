"""One contract for both sides of a link: the node itself, a peer over memory, and a peer over SSH."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from atsn_tui.errors import BadInput, Held, Moved, Refused
from atsn_tui.model.brake import Allowance
from atsn_tui.model.digest import bucket_hashes, bucket_of, group_digest
from atsn_tui.model.record import Row
from atsn_tui.model.settings import Credential
from atsn_tui.replication import remote, server
from atsn_tui.replication.replica import Replica, Verdict
from atsn_tui.store import groups, history
from tests.replication.plans import proposal, side
from tests.replication.ssh import SshWorld
from tests.replication.world import GROUP, NAMES, OTHER, Host, World, task_id

NAME = NAMES[GROUP]
NOTHING = Allowance()


@dataclass
class Ends:
    """A node that asks (hq), the one that is asked (web1), and the latter's replica."""

    hq: Host
    web1: Host
    replica: Replica


@pytest.fixture(params=["local", "memory", "ssh"])
async def ends(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ends]:
    world = SshWorld(tmp_path) if request.param == "ssh" else World(tmp_path)
    try:
        hq, web1 = await world.host("hq"), await world.host("web1")
        await world.acquaint(hq, web1, "push", "pull")
        near = await web1.local(hq, "push")
        yield Ends(hq, web1, near if request.param == "local" else await hq.remote(web1))
    finally:
        await world.close()


async def test_an_absent_group_has_no_head(ends: Ends) -> None:
    info = await ends.replica.head(GROUP, NAME, "push")
    assert (info.head, info.name, info.path) == (None, None, ())
    assert await ends.replica.bodies(GROUP, [GROUP, task_id("backup")]) == {}
    with pytest.raises(Moved):
        await ends.replica.outline(GROUP, b"x" * 32, "push")


async def test_a_head_tells_store_sequence_digest_name_and_path(ends: Ends) -> None:
    await ends.web1.write("backup")
    await ends.web1.write("backup", "df")
    info = await ends.replica.head(GROUP, "whatever it was called", "pull", b"x" * 32)
    assert info.head == await ends.web1.store.read(lambda db: groups.head(db, GROUP))
    assert info.head is not None
    assert info.head.sequence == 3
    assert (info.name, info.path) == (NAME, (ends.web1.store.node_id,))


async def test_the_outline_adds_up_to_the_digest(ends: Ends) -> None:
    await ends.web1.write_all(["backup", "rotate"])
    here = await side(ends.web1)
    assert here.digest is not None
    outline = await ends.replica.outline(GROUP, here.digest, "push")
    assert outline.settings == here.settings
    assert outline.buckets == tuple(bucket_hashes(here.tasks.values()))
    assert group_digest(GROUP, outline.settings, outline.buckets) == here.digest


async def test_rows_are_those_of_the_buckets_that_were_asked_for(ends: Ends) -> None:
    await ends.web1.write_all([f"task {number}" for number in range(20)])
    here = await side(ends.web1)
    assert here.digest is not None
    outline = await ends.replica.outline(GROUP, here.digest, "pull")
    wanted = {bucket: outline.buckets[bucket] for bucket in (bucket_of(task_id("task 3")), 0, 255)}
    rows = await ends.replica.rows(GROUP, here.digest, wanted)
    assert rows == {row.id: row for row in here.tasks.values() if bucket_of(row.id) in wanted}
    assert task_id("task 3") in rows
    strangers = [Row(task_id("task 3"), 1, b"x" * 32), Row(task_id("gone"), 1, b"y" * 32)]
    for known in (rows.values(), strangers, [*rows.values(), *strangers]):
        assert await ends.replica.rows(GROUP, here.digest, wanted, known) == rows
    assert await ends.replica.rows(GROUP, here.digest, {}) == {}


async def test_rows_and_outline_of_another_state_have_moved(ends: Ends) -> None:
    await ends.web1.write("backup")
    before = await ends.web1.digest()
    assert before is not None
    await ends.web1.write("backup", "df")
    with pytest.raises(Moved, match="the group changed on web1"):
        await ends.replica.outline(GROUP, before, "pull")
    with pytest.raises(Moved, match="the group changed on web1"):
        await ends.replica.rows(GROUP, before, {0: b""})


async def test_bodies_are_the_stored_records_as_they_are(ends: Ends) -> None:
    await ends.web1.write_all({"backup": "df", "rotate": "ls"})
    await ends.web1.set(credentials={"db": Credential(user="root", secret="s3cret")})
    row = await ends.web1.group()
    assert row is not None
    found = await ends.replica.bodies(GROUP, [task_id("backup"), GROUP, task_id("nothing")])
    assert found == {task_id("backup"): (await ends.web1.records())["backup"], GROUP: row.settings}


async def test_more_bodies_than_one_answer_holds_come_in_several(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_BODIES", 3000)
    monkeypatch.setattr(server, "BODIES_AT_ONCE", 4)
    monkeypatch.setattr(remote, "IDS_PER_QUESTION", 9)
    names = [f"task {number}" for number in range(30)]
    await ends.web1.write_all(dict.fromkeys(names, "echo " + "x" * 500))
    found = await ends.replica.bodies(GROUP, [GROUP, *map(task_id, names), task_id("nothing")])
    assert set(found) == {GROUP, *map(task_id, names)}


async def test_judging_changes_nothing(ends: Ends) -> None:
    await ends.hq.write("backup", run_as="nobody-of-that-name")
    await ends.replica.head(GROUP, NAME, "push")
    before = await ends.web1.dump()
    verdict = await ends.replica.propose(await proposal(ends.hq, ends.web1))
    assert verdict.brakes == ()
    assert verdict.notes == ("cannot run, there is no user 'nobody-of-that-name' on this machine: backup",)
    assert await ends.web1.dump() == before


async def test_a_judged_plan_is_applied_whole_and_on_record(ends: Ends) -> None:
    await ends.web1.write_all(["stays", "goes"])
    await ends.hq.write_all({"stays": "df", "comes": "ls"}, modified=ends.hq.now + 5)
    plan = await proposal(ends.hq, ends.web1)
    head = await ends.replica.commit(plan, await ends.replica.propose(plan), NOTHING)
    assert head.digest == plan.plan.promise == await ends.web1.digest() == await ends.hq.digest()
    assert await ends.web1.tasks() == await ends.hq.tasks() == {"stays": "df", "comes": "ls"}
    entry = await ends.web1.store.read(lambda db: history.get_entry(db, GROUP, head.sequence))
    assert entry is not None
    told = entry.entry
    assert (told.kind, told.who, told.cycle, told.summary) == ("apply", "hq", plan.cycle, "push, strict")
    assert {edit.id for edit in entry.edits} == {task_id("stays"), task_id("comes"), task_id("goes")}


async def test_a_plan_for_another_state_is_not_judged_and_not_applied(ends: Ends) -> None:
    await ends.web1.write("backup")
    await ends.hq.write("backup", "df", modified=ends.hq.now + 5)
    late = await proposal(ends.hq, ends.web1)
    verdict = await ends.replica.propose(late)
    await ends.web1.write("mine")
    before = await ends.web1.groups_dump()
    with pytest.raises(Moved, match="nothing was applied"):
        await ends.replica.commit(late, verdict, NOTHING)
    with pytest.raises(Moved, match="nothing was applied"):
        await ends.replica.propose(late)
    assert await ends.web1.groups_dump() == before


async def test_a_group_that_came_to_be_meanwhile_is_not_overwritten(ends: Ends) -> None:
    await ends.hq.write("backup")
    first = await proposal(ends.hq, ends.web1)
    verdict = await ends.replica.propose(first)
    await ends.web1.write("mine")
    with pytest.raises(Moved, match="came to exist"):
        await ends.replica.commit(first, verdict, NOTHING)
    assert await ends.web1.tasks() == {"mine": "true"}


async def test_a_brake_holds_until_it_is_allowed(ends: Ends) -> None:
    await ends.web1.write_all(["one", "two", "three"])
    await ends.hq.write("one")
    await ends.hq.set(modified=ends.hq.now)
    plan = await proposal(ends.hq, ends.web1)
    verdict = await ends.replica.propose(plan)
    assert [brake.code for brake in verdict.brakes] == ["deletions"]
    before = await ends.web1.groups_dump()
    with pytest.raises(Held, match="2 of 3 tasks would be deleted"):
        await ends.replica.commit(plan, verdict, Allowance(deletions=1, restored=True, future=True))
    assert await ends.web1.groups_dump() == before
    await ends.replica.commit(plan, await ends.replica.propose(plan), Allowance(deletions=2))
    assert await ends.web1.tasks() == {"one": "true"}


async def test_a_plan_that_breaks_its_promise_is_bad(ends: Ends) -> None:
    await ends.hq.write("backup")
    plan = await proposal(ends.hq, ends.web1)
    lie = replace(plan, plan=replace(plan.plan, promise=b"x" * 32))
    with pytest.raises(BadInput, match="does not lead to the state that it promises"):
        await ends.replica.propose(lie)
    with pytest.raises(Moved):
        await ends.replica.commit(lie, Verdict(), NOTHING)
    assert await ends.web1.group() is None


async def test_a_plan_that_was_taken_back_is_not_applied_and_others_are(ends: Ends) -> None:
    await ends.hq.write("backup")
    plan = await proposal(ends.hq, ends.web1)
    verdict = await ends.replica.propose(plan)
    assert await ends.replica.withdraw(GROUP, plan.id) is None, "there is no such group yet"
    with pytest.raises(Moved, match="hq has taken this plan back: nothing was applied"):
        await ends.replica.commit(plan, verdict, NOTHING)
    other = await proposal(ends.hq, ends.web1)
    head = await ends.replica.commit(other, await ends.replica.propose(other), NOTHING)
    assert await ends.replica.withdraw(GROUP, other.id) == head, "it is applied, and that is told"


async def test_two_groups_do_not_mix(ends: Ends) -> None:
    await ends.web1.write("backup")
    await ends.web1.write("other", group_id=OTHER)
    assert set(await ends.replica.bodies(GROUP, [task_id("backup"), task_id("other"), OTHER])) == {
        task_id("backup")
    }


async def test_a_group_that_is_not_replicated_is_not_there(ends: Ends) -> None:
    await ends.web1.make_group(replicated=False)
    digest = await ends.web1.digest()
    assert digest is not None
    with pytest.raises(
        Refused, match=r"local on web1: to replicate it, run on web1: atsn group set .* replicated=true"
    ):
        await ends.replica.head(GROUP, NAME, "push")
    with pytest.raises(Moved):
        await ends.replica.outline(GROUP, digest, "push")
    with pytest.raises(Moved):
        await ends.replica.rows(GROUP, digest, {0: b""})
    assert await ends.replica.bodies(GROUP, [GROUP]) == {}


async def test_another_group_of_that_name_names_the_way_out(ends: Ends) -> None:
    await ends.web1.make_group(OTHER, name=NAME)
    with pytest.raises(
        Refused, match=rf"run on web1: atsn group adopt 'Replicated tasks' {GROUP}"
    ) as refused:
        await ends.replica.head(GROUP, NAME, "push")
    assert OTHER in refused.value.message


async def test_a_plan_that_takes_a_taken_name_is_refused_when_it_is_judged(ends: Ends) -> None:
    await ends.web1.make_group(OTHER, name="Taken")
    await ends.web1.write("backup")
    await ends.hq.write("backup")
    await ends.hq.set(name="Taken")
    with pytest.raises(Refused, match="another group named 'Taken'"):
        await ends.replica.propose(await proposal(ends.hq, ends.web1))


async def test_rows_whose_marks_mislead_are_fetched_all_the_same(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ends.web1.write_all(["backup", "rotate"])
    here = await side(ends.web1)
    assert here.digest is not None
    outline = await ends.replica.outline(GROUP, here.digest, "push")
    for module in (remote, server):
        monkeypatch.setattr(module, "mark", lambda row: b"the same")
    known = [Row(task_id("backup"), 1, b"x" * 32)]
    assert await ends.replica.rows(GROUP, here.digest, dict(enumerate(outline.buckets)), known) == here.tasks
