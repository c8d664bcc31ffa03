"""What a cycle costs when little or nothing has changed: requests, bytes and commits."""

import pytest
from msgspec.structs import replace

from atsn_tui.model.digest import MARK_BYTES, bucket_of
from atsn_tui.model.peer import Link
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import LeftAlone
from atsn_tui.replication import messages
from atsn_tui.replication.watch import moved
from atsn_tui.store import cycles, links, peers
from tests.replication.world import OTHER, Host, World, task_id

NAMES = [f"task {number}" for number in range(40)]
COMMANDS = dict.fromkeys(NAMES, "/usr/local/bin/job --verbose")


@pytest.fixture
async def hq(world: World) -> Host:
    host = await world.host("hq")
    await host.write_all(COMMANDS)
    return host


@pytest.fixture
async def web1(world: World, hq: Host) -> Host:
    """A node that hq may push to and that may pull from hq."""
    host = await world.host("web1")
    await world.acquaint(hq, host, "push")
    await world.acquaint(host, hq, "pull")
    return host


async def settle(direction: str, mode: Mode, hq: Host, web1: Host) -> Host:
    """A link in that direction, carried out twice; returns the node whose link it is."""
    own, other = (hq, web1) if direction == "push" else (web1, hq)
    await own.link(other, direction, mode)  # type: ignore[arg-type]
    await own.states()
    await own.states()
    return own


@pytest.mark.parametrize("mode", ["easy", "strict"])
@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_a_cycle_without_news_is_one_round_trip_and_no_commit(
    world: World, direction: str, mode: Mode, hq: Host, web1: Host
) -> None:
    own = await settle(direction, mode, hq, web1)
    world.line.clear()
    versions = await hq.store.data_version(), await web1.store.data_version()
    for _ in range(3):
        assert await own.states() == ["in_sync"]
    assert world.line.kinds() == ["AskHead", "HeadIs"] * 3
    assert sum(len(frame) for _, frame in world.line.frames) < 3 * 350
    assert (await hq.store.data_version(), await web1.store.data_version()) == versions


@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_easy_with_extras_is_one_round_trip_too(
    world: World, direction: str, hq: Host, web1: Host
) -> None:
    await web1.write_all(["extra 1", "extra 2"])
    own = await settle(direction, "easy", hq, web1)
    assert await hq.digest() != await web1.digest()
    world.line.clear()
    assert await own.states() == ["in_sync"]
    assert world.line.kinds() == ["AskHead", "HeadIs"]
    await web1.write("extra 3")
    assert await own.states() == ["in_sync"]
    assert len(world.line.kinds()) > 4
    world.line.clear()
    [result] = (await own.cycle()).links
    assert (result.state, result.left_alone) == ("in_sync", LeftAlone(extra=3)), "as remembered"
    assert world.line.kinds() == ["AskHead", "HeadIs"]
    await hq.write("task 3", "changed")
    assert await own.states() == ["applied"]


async def test_what_easy_found_settled_is_forgotten_when_the_link_turns_strict(hq: Host, web1: Host) -> None:
    await web1.write("extra")
    await settle("push", "easy", hq, web1)
    link = (await hq.store.read(links.list_links))[0]
    await hq.store.write(lambda db: links.update(db, replace(link, mode="strict")))
    assert await hq.states() == ["applied"]
    assert await web1.digest() == await hq.digest()


async def test_only_the_changed_bucket_and_body_travel(world: World, hq: Host, web1: Host) -> None:
    await settle("push", "strict", hq, web1)
    await hq.write("task 7", "changed")
    world.line.clear()
    assert await hq.states() == ["applied"]
    sent = [world.line.decode(frame) for _, frame in world.line.frames]
    assert world.line.kinds("hq") == ["AskHead", "AskOutline", "AskRows", "AskBodies", "Propose", "Commit"]
    bucket = bucket_of(task_id("task 7"))
    asked = next(each for each in sent if isinstance(each, messages.AskRows))
    assert asked.buckets == (bucket,)
    assert len(asked.marks) == MARK_BYTES * len(
        [name for name in NAMES if bucket_of(task_id(name)) == bucket]
    )
    rows = next(each for each in sent if isinstance(each, messages.Rows))
    assert [row.id for row in rows.rows] == [task_id("task 7")]
    assert len(rows.lacking) == MARK_BYTES
    assert next(each for each in sent if isinstance(each, messages.AskBodies)).ids == (task_id("task 7"),)
    proposed = next(each for each in sent if isinstance(each, messages.Propose)).proposal
    assert [record.id for record in proposed.records] == [task_id("task 7")]


async def test_a_pull_fetches_only_what_is_new(world: World, hq: Host, web1: Host) -> None:
    await settle("pull", "strict", hq, web1)
    await hq.write("task 7", "changed")
    await hq.write("a new one")
    world.line.clear()
    assert await web1.states() == ["applied"]
    once = ["AskHead", "AskOutline", "AskRows", "AskBodies", "AskHead"]
    assert world.line.kinds("web1") == [*once, "AskHead"], "the last one tells what this node has now"
    bodies = [
        each
        for _, frame in world.line.frames
        if isinstance(each := world.line.decode(frame), messages.Bodies)
    ]
    assert {record.id for record in bodies[0].records} == {task_id("task 7"), task_id("a new one")}


async def test_a_deletion_carries_no_body_but_the_one_that_is_shown(
    world: World, hq: Host, web1: Host
) -> None:
    await settle("push", "strict", hq, web1)
    await hq.delete("task 7")
    world.line.clear()
    assert await hq.states() == ["applied"]
    sent = [world.line.decode(frame) for _, frame in world.line.frames]
    assert next(each for each in sent if isinstance(each, messages.Propose)).proposal.bodies == ()


async def test_the_first_push_asks_nothing_that_it_knows(world: World, hq: Host, web1: Host) -> None:
    await hq.link(web1, "push", "strict")
    await hq.states()
    assert world.line.kinds("hq") == ["Hello", "AskHead", "Propose", "Commit"]


async def test_a_conversation_is_kept_between_cycles(world: World, hq: Host, web1: Host) -> None:
    await hq.write("other", group_id=OTHER)
    await hq.link(web1, "push", "easy")
    await hq.link(web1, "push", "easy", OTHER)
    for _ in range(3):
        await hq.states()
    assert world.line.kinds("hq").count("Hello") == 2  # A channel for each link.


async def test_watching_a_settled_round_writes_nothing(hq: Host, web1: Host) -> None:
    await settle("push", "strict", hq, web1)
    round_ = await hq.round()
    await round_.compute()
    versions = await hq.store.data_version(), await web1.store.data_version()
    for _ in range(20):
        assert not await moved(round_, round_.targets[0].link.id)
        await round_.compute()
    assert (await hq.store.data_version(), await web1.store.data_version()) == versions


async def test_an_offline_peer_costs_no_commits(hq: Host, web1: Host) -> None:
    await settle("push", "strict", hq, web1)
    web1.down = True
    await hq.connections.close()
    for _ in range(10):
        assert await hq.states() == ["unreachable"]
    before = await hq.dump()
    version = await hq.store.data_version()
    hq.now += 1_000_000
    round_ = await hq.round()
    for _ in range(5):
        await round_.compute()
    assert await hq.store.data_version() == version
    assert await hq.dump() == before


async def test_what_was_left_alone_is_known_after_a_contact_that_failed(hq: Host, web1: Host) -> None:
    await hq.write("same moment", "ours", modified=hq.now)
    await web1.write("same moment", "theirs", modified=hq.now)
    await web1.write("extra")
    own = await settle("push", "easy", hq, web1)
    [found] = (await own.cycle()).links
    assert (found.left_alone, len(found.conflicts)) == (LeftAlone(extra=1), 1)
    web1.down = True
    await hq.connections.close()
    assert await own.states() == ["unreachable"]
    web1.down = False
    assert (await own.cycle()).links == (found,)


async def test_time_passing_alone_is_written_twice_a_minute_at_most(hq: Host, web1: Host) -> None:
    await settle("push", "strict", hq, web1)
    written = 0
    for _ in range(60):
        hq.now += 1_000_000
        web1.now += 1_000_000
        version = await web1.store.data_version()
        await hq.states()
        written += await web1.store.data_version() != version
    assert 1 <= written <= 2
    state = await web1.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))
    assert state.last_contact is not None
    assert web1.now - state.last_contact < 31_000_000


async def test_what_a_peer_lacks_is_known_of_those_that_only_connect_to_us(
    world: World, hq: Host, web1: Host
) -> None:
    async def state() -> str:
        return (await hq.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))).state

    await hq.write("other", group_id=OTHER)
    await world.acquaint(web1, hq, "pull")
    await web1.link(hq, "pull")
    await web1.diff()
    assert await state() == "behind"
    assert await web1.states() == ["applied"]
    assert await state() == "in_sync", "no further round is needed for it"


async def test_a_peer_with_one_group_behind_and_one_in_sync_is_behind_and_costs_no_commits(
    hq: Host, web1: Host
) -> None:
    await hq.write("other", group_id=OTHER)
    await web1.link(hq, "pull")
    await web1.link(hq, "pull", "easy", OTHER)
    await web1.states()
    await hq.write("task 1", "changed")
    await web1.diff()
    version = await hq.store.data_version()
    for _ in range(5):
        await web1.diff()
    assert await hq.store.data_version() == version
    state = await hq.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))
    assert state.state == "behind"


async def test_what_a_peer_lacks_is_known_by_all_processes_and_after_a_restart(hq: Host, web1: Host) -> None:
    """Behind an sshd each link is answered by a process of its own."""
    await hq.write("other", group_id=OTHER)
    links_ = [await web1.link(hq, "pull"), await web1.link(hq, "pull", "easy", OTHER)]
    await web1.states()
    await hq.write("task 1", "changed")

    async def ask(link: Link) -> tuple[str, int]:
        await web1.connections.close()
        hq.restart()
        await (await web1.round(only=[link])).compute()
        state = await hq.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))
        return state.state, await hq.store.data_version()

    _, version = await ask(links_[0])
    for _ in range(3):
        for link in links_:
            assert await ask(link) == ("behind", version)
    assert sorted(await web1.states()) == ["applied", "in_sync"]
    assert (await ask(links_[1]))[0] == "in_sync"


async def test_a_group_that_a_peer_asks_for_no_more_keeps_it_behind_for_a_day(hq: Host, web1: Host) -> None:
    async def state() -> str:
        return (await hq.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))).state

    await hq.write("other", group_id=OTHER)
    unused = await web1.link(hq, "pull")
    await web1.link(hq, "pull", "easy", OTHER)
    await web1.states()
    await hq.write("task 1", "changed")
    await web1.diff()
    await web1.store.write(lambda db: links.remove(db, unused.id))
    for hours, expected in ((23, "behind"), (2, "in_sync")):
        hq.now = web1.now = hq.now + hours * 3_600_000_000
        assert await web1.states() == ["in_sync"]
        assert await state() == expected


async def test_a_group_that_is_not_here_is_nothing_to_be_behind_in(hq: Host, web1: Host) -> None:
    await web1.link(hq, "pull")
    await web1.states()
    remote = await web1.remote(hq)
    await remote.head(OTHER, "?", "pull", b"x" * 32)
    state = await hq.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))
    assert state.state == "in_sync"


async def test_a_peer_that_pushes_one_group_is_still_behind_in_another(
    world: World, hq: Host, web1: Host
) -> None:
    await hq.write("other", group_id=OTHER)
    await web1.link(hq, "pull", "easy", OTHER)
    await world.acquaint(web1, hq, "push")
    await web1.diff()
    await web1.write("mine")
    await web1.link(hq, "push")
    pushing = [link for link in await web1.store.read(links.list_links) if link.direction == "push"]
    round_ = await web1.round(only=pushing)
    await round_.compute()
    assert [result.state for result in await round_.apply()] == ["applied"]
    state = await hq.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))
    assert state.state == "behind"


async def test_a_peer_that_pushes_is_not_behind(world: World, hq: Host, web1: Host) -> None:
    async def state() -> str:
        return (await web1.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))).state

    await web1.write("extra")
    await hq.link(web1, "push", "easy")
    await hq.diff()
    assert await state() == "unknown"
    for name in ("task 1", "task 2"):
        assert await hq.states() == ["applied"]
        assert await state() == "in_sync"
        await hq.write(name, "changed")
        await hq.diff()
        assert await state() == "in_sync"


async def test_scheduled_cycles_without_news_leave_no_report(hq: Host, web1: Host) -> None:
    await hq.link(web1, "push", "strict")
    for _ in range(3):
        await hq.states(trigger="schedule")
    assert len(await hq.store.read(cycles.list_cycles)) == 1
    await hq.states(trigger="hand")
    reports = await hq.store.read(cycles.list_cycles)
    assert [(report.trigger, report.links[0].state) for report in reports] == [
        ("hand", "in_sync"),
        ("schedule", "applied"),
    ]


async def test_a_report_keeps_a_part_of_a_very_large_plan(hq: Host, web1: Host) -> None:
    await hq.write_all([f"many {number}" for number in range(300)])
    await hq.link(web1, "push", "strict")
    report = await hq.cycle()
    assert len(report.links[0].changes) == 341
    kept = (await hq.store.read(cycles.list_cycles))[0].links[0]
    assert (len(kept.changes), kept.total, kept.applied.added) == (200, 341, 340)
    state = await hq.store.read(lambda db: links.get_state(db, links.list_links(db)[0].id))
    assert state.result is not None
    assert len(state.result.changes) == 200
