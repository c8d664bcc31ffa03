"""What a cycle carries, in either direction and mode."""

import pytest
from msgspec.structs import replace

from atsn_tui.model.plan import Mode
from atsn_tui.model.result import Applied
from atsn_tui.model.settings import Holidays, Log
from atsn_tui.store import groups, history, links, tasks
from tests.replication.world import GROUP, NAMES, OTHER, Host, World


@pytest.fixture
async def hq(world: World) -> Host:
    return await world.host("hq")


@pytest.fixture
async def web1(world: World, hq: Host) -> Host:
    """A node that hq may push to and that may pull from hq."""
    host = await world.host("web1")
    await world.acquaint(hq, host, "push")
    await world.acquaint(host, hq, "pull")
    return host


async def replicate(direction: str, mode: Mode, primary: Host, secondary: Host) -> list[str]:
    """A link in that direction, and the states of one cycle."""
    if direction == "push":
        await primary.link(secondary, "push", mode)
        return await primary.states()
    await secondary.link(primary, "pull", mode)
    return await secondary.states()


@pytest.mark.parametrize("mode", ["easy", "strict"])
@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_the_first_cycle_makes_the_group(direction: str, mode: Mode, hq: Host, web1: Host) -> None:
    await hq.write_all({"backup": "df", "rotate": "ls"})
    await hq.set(log=Log(path="/var/log/atsn"), holidays=Holidays(country="DE"))
    assert await replicate(direction, mode, hq, web1) == ["applied"]
    assert await web1.tasks() == {"backup": "df", "rotate": "ls"}
    assert await web1.settings() == await hq.settings()
    assert await web1.records() == await hq.records()
    assert await web1.digest() == await hq.digest()
    row = await web1.group()
    assert row is not None
    assert row.replicated


@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_strict_makes_a_full_copy(direction: str, hq: Host, web1: Host) -> None:
    await hq.write_all({"same": "a", "newer": "b", "older": "c", "missing": "d"})
    await replicate(direction, "strict", hq, web1)
    hq.now = web1.now = hq.now + 1_000_000
    await hq.write("newer", "b2")
    await hq.set(environment={"A": "hq"})
    web1.now += 5
    await web1.write_all({"older": "c2", "extra": "e"})
    await web1.set(environment={"A": "web1"})
    await web1.delete("missing")
    assert await (hq if direction == "push" else web1).states() == ["applied"]
    assert await web1.records() == await hq.records()
    assert await web1.digest() == await hq.digest()


@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_easy_takes_what_is_newer_or_missing_and_nothing_else(
    direction: str, hq: Host, web1: Host
) -> None:
    await hq.write_all({"same": "a", "newer": "b", "older": "c", "missing": "d"})
    await replicate(direction, "easy", hq, web1)
    hq.now = web1.now = hq.now + 1_000_000
    await hq.write("newer", "b2")
    await hq.set(environment={"A": "hq"})
    web1.now += 5
    await web1.write_all({"older": "c2", "extra": "e"})
    await web1.set(environment={"A": "web1"})
    await web1.delete("missing")
    assert await (hq if direction == "push" else web1).states() == ["applied"]
    assert await web1.tasks() == {"same": "a", "newer": "b2", "older": "c2", "extra": "e", "missing": "d"}
    assert (await web1.settings()).environment == {"A": "web1"}
    assert await hq.tasks() == {"same": "a", "newer": "b2", "older": "c", "missing": "d"}


@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_a_tie_is_a_conflict_that_easy_leaves_and_strict_decides(
    direction: str, hq: Host, web1: Host
) -> None:
    await hq.write("backup", "from hq", modified=7)
    await web1.write("backup", "from web1", modified=7)
    await hq.set(environment={"A": "hq"}, modified=9)
    await web1.set(environment={"A": "web1"}, modified=9)
    await replicate(direction, "easy", hq, web1)
    own = hq if direction == "push" else web1
    for _ in range(2):  # The second time nothing needs to be compared, and the conflicts are still told.
        result = (await own.cycle()).links[0]
        assert result.state == "in_sync"
        assert [(each.op, each.name, each.why) for each in result.conflicts] == [
            ("settings", NAMES[GROUP], "same date, other content"),
            ("update", "backup", "same date, other content"),
        ]
        assert [(each.field, each.before, each.after) for each in result.conflicts[1].fields] == [
            ("action.command", "from web1", "from hq")
        ]
    assert await web1.tasks() == {"backup": "from web1"}
    link = (await own.store.read(links.list_links))[0]
    assert await own.states(modes={link.id: "strict"}) == ["applied"]
    assert await web1.tasks() == {"backup": "from hq"}


async def test_the_next_cycle_finds_all_in_sync(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    await hq.link(web1, "push", "strict")
    assert [await hq.states() for _ in range(3)] == [["applied"], ["in_sync"], ["in_sync"]]


async def test_what_was_applied_is_counted_and_told(hq: Host, web1: Host) -> None:
    await hq.write_all(["stays", "changes", "goes"])
    await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.write_all({"changes": "df", "comes": "ls"})
    await hq.delete("goes")
    await hq.set(name="Renamed")
    result = (await hq.cycle()).links[0]
    assert result.applied == Applied(added=1, updated=1, deleted=1, settings=1)
    assert (result.total, result.deletions) == (4, 1)
    assert [(each.op, each.name) for each in result.changes] == [
        ("settings", "Renamed"),
        ("update", "changes"),
        ("add", "comes"),
        ("delete", "goes"),
    ]


async def test_a_diff_changes_nothing_anywhere(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    await hq.link(web1, "push")
    before = await hq.groups_dump(), await web1.groups_dump()
    assert [result.state for result in await hq.diff()] == ["differs"]
    assert (await hq.groups_dump(), await web1.groups_dump()) == before


async def test_several_groups_travel_side_by_side(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    await hq.write("other", group_id=OTHER)
    await web1.write("mine", group_id="0c000000-0000-4000-8000-000000000000")
    await hq.link(web1, "push", "strict")
    await hq.link(web1, "push", "easy", OTHER)
    assert await hq.states() == ["applied", "applied"]
    assert await web1.tasks() == {"backup": "true"}
    assert await web1.tasks(OTHER) == {"other": "true"}
    assert await web1.tasks("0c000000-0000-4000-8000-000000000000") == {"mine": "true"}


async def test_a_group_that_the_primary_lacks_is_an_error_and_never_an_empty_one(
    hq: Host, web1: Host
) -> None:
    await web1.write("backup")
    await web1.link(hq, "pull", "strict")
    result = (await web1.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    assert result.error.code == "not_found"
    assert "hq has no replicated group 'Replicated tasks'" in result.error.message
    assert await web1.tasks() == {"backup": "true"}


async def test_a_group_that_is_gone_here_is_not_pushed(hq: Host, web1: Host) -> None:
    await web1.write("backup")
    await hq.link(web1, "push", "strict")
    result = (await hq.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    assert "never pushed as an empty one" in result.error.message
    assert await web1.tasks() == {"backup": "true"}


async def test_an_emptied_primary_empties_the_copy_only_when_allowed(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.delete("backup")
    assert await hq.states() == ["held"]
    assert await web1.tasks() == {"backup": "true"}


async def test_a_same_named_group_on_the_far_side_is_refused_with_the_command(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    await web1.make_group(OTHER, name=NAMES[GROUP])
    await hq.link(web1, "push")
    result = (await hq.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    # hq holds a grant for all groups, so it may know of the other one.
    assert f"run on web1: atsn group adopt 'Replicated tasks' {GROUP}" in result.error.message
    assert await web1.group() is None


async def test_a_same_named_group_here_is_refused_with_the_command(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    await web1.make_group(OTHER, name=NAMES[GROUP])
    await web1.link(hq, "pull")
    result = (await web1.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    assert f"run on web1: atsn group adopt 'Replicated tasks' {GROUP}" in result.error.message


async def test_a_group_that_was_made_local_is_no_longer_replicated(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    await hq.link(web1, "push")
    await hq.states()
    for host in (web1, hq):
        await host.store.write(lambda db: groups.set_replicated(db, GROUP, False))
        await hq.write("backup", f"changed before {host.name}")
        result = (await hq.cycle()).links[0]
        assert result.state == "refused"
        assert result.error is not None
        assert f"is local on {host.name}" in result.error.message
    assert await web1.tasks() == {"backup": "true"}


async def test_a_pull_by_name_finds_its_group_at_first_contact(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    link = await web1.link(hq, "pull", "strict", None, group_name=NAMES[GROUP])
    assert await web1.states() == ["applied"]
    assert await web1.tasks() == {"backup": "true"}
    known = await web1.store.read(lambda db: links.get(db, link.id))
    assert known is not None
    assert known.group_id == GROUP
    await hq.set(name="Renamed")
    assert await web1.states() == ["applied"]
    assert (await web1.settings()).name == "Renamed"


async def test_a_pull_by_a_name_that_nobody_shows_lists_what_is_shown(hq: Host, web1: Host) -> None:
    await hq.make_group(OTHER, name="Backups")
    await hq.make_group("0c000000-0000-4000-8000-000000000000", replicated=False, name="Secret")
    link = await web1.link(hq, "pull", "easy", None, group_name="Bakups")
    result = (await web1.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    assert result.error.message == "hq shows no group named 'Bakups'; it shows: Backups"
    known = await web1.store.read(lambda db: links.get(db, link.id))
    assert known is not None
    assert known.group_id is None


async def test_a_link_that_changed_while_it_waited_for_its_group_keeps_the_change(
    hq: Host, web1: Host
) -> None:
    await hq.write("backup")
    link = await web1.link(hq, "pull", "easy", None, group_name=NAMES[GROUP])
    round_ = await web1.round()
    await web1.store.write(lambda db: links.update(db, replace(link, schedule="every 5m")))
    await round_.compute()
    known = await web1.store.read(lambda db: links.get(db, link.id))
    assert known is not None
    assert (known.group_id, known.schedule) == (GROUP, "every 5m")


async def test_a_chain_carries_on(world: World, hq: Host, web1: Host) -> None:
    web2 = await world.host("web2")
    await world.acquaint(web1, web2, "push")
    await hq.write("backup")
    await hq.link(web1, "push", "strict")
    await web1.link(web2, "push", "strict")
    assert await hq.states() == ["applied"]
    assert await web1.states() == ["applied"]
    assert await web2.records() == await hq.records()
    row = await web2.group()
    assert row is not None
    assert row.follows is not None
    assert row.follows.path == (hq.store.node_id, web1.store.node_id)


async def test_what_came_from_a_peer_says_so(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    await web1.write("mine", modified=5)
    await hq.link(web1, "push")
    await hq.states()
    await hq.write("mine", "theirs now")
    await hq.write("backup", "true", notes="only a note")
    await hq.states()
    rows = await web1.store.read(lambda db: tasks.list_tasks(db, GROUP))
    origins = {row.origin.kind: row.origin for row in rows}
    assert {row.origin.kind for row in rows} == {"peer"}
    assert origins["peer"].who == "hq"
    assert (origins["peer"].node_id, origins["peer"].direction) == (hq.store.node_id, "push")


async def test_a_peers_harmless_change_leaves_the_local_origin(hq: Host, web1: Host) -> None:
    await web1.write("mine", "true")
    await web1.link(hq, "pull")
    await hq.write("mine", "true", modified=web1.now + 5, notes="a note")
    await web1.states()
    rows = await web1.store.read(lambda db: tasks.list_tasks(db, GROUP))
    assert [row.origin.kind for row in rows] == ["local"]
    assert (await web1.records())["mine"] == (await hq.records())["mine"]


async def test_the_history_tells_who_brought_it(hq: Host, web1: Host) -> None:
    await hq.write("backup")
    await hq.link(web1, "push", "strict")
    report = await hq.cycle()
    entries = await web1.store.read(lambda db: history.list_history(db, GROUP))
    assert [(each.entry.kind, each.entry.who, each.entry.source) for each in entries] == [
        ("apply", "hq", hq.ip)
    ]
    assert entries[0].entry.cycle == report.id
