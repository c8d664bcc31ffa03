"""What makes a receiver hold a plan, what an allowance covers, and how often it is told."""

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from atsn_tui.errors import Held
from atsn_tui.home.config import BrakeLimits
from atsn_tui.home.home import Home
from atsn_tui.model import dates
from atsn_tui.model.brake import Allowance
from atsn_tui.model.peer import Link
from atsn_tui.model.result import LinkResult
from atsn_tui.replication.replica import Verdict
from atsn_tui.store import Store, cycles, links
from tests.replication.plans import proposal
from tests.replication.world import NOW, Host, World

MINUTE = 60_000_000
ALL = Allowance(deletions=1000, restored=True, future=True, other_primary=True)


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


def names(count: int) -> list[str]:
    """So many names of tasks."""
    return [f"task {number}" for number in range(count)]


async def after_deleting(own: Host, hq: Host, other: Host, total: int, gone: int, **link: int) -> LinkResult:
    """The result of a cycle after the primary hq, with so many tasks, deleted some."""
    await hq.write_all(names(total))
    await hq.make_group("0d000000-0000-4000-8000-000000000000")
    await own.link(other, "push" if own is hq else "pull", "strict", **link)
    assert await own.states() == ["applied"]
    await hq.delete(*names(gone))
    return (await own.cycle()).links[0]


@pytest.mark.parametrize("direction", ["push", "pull"])
@pytest.mark.parametrize(
    ("total", "gone", "why"),
    [
        (100, 5, None),
        (100, 6, "6 of 100 tasks would be deleted; more than 5 are held"),
        (3, 1, None),
        (6, 2, "2 of 6 tasks would be deleted; more than 30 % are held"),
        (7, 2, None),
        (10, 3, None),
        (9, 3, "3 of 9 tasks would be deleted; more than 30 % are held"),
        (1, 1, "the primary is empty: its only task would be deleted"),
        (2, 2, "the primary is empty: all 2 tasks would be deleted"),
        (9, 9, "the primary is empty: all 9 tasks would be deleted"),
    ],
)
async def test_too_many_deletions_are_held(
    direction: str, total: int, gone: int, why: str | None, hq: Host, web1: Host
) -> None:
    own, other = (hq, web1) if direction == "push" else (web1, hq)
    result = await after_deleting(own, hq, other, total, gone)
    assert result.deletions == gone
    if why is None:
        assert result.state == "applied"
        return
    assert result.state == "held"
    assert [brake.text for brake in result.brakes] == [why]
    assert result.error is not None
    assert (result.error.code, result.error.message) == ("held", why)
    assert len(await web1.tasks()) == total
    assert await own.states(Allowance(deletions=gone - 1, restored=True, future=True)) == ["held"]
    assert await own.states(Allowance(deletions=gone)) == ["applied"]
    assert len(await web1.tasks()) == total - gone


async def test_replacing_everything_is_held_though_the_primary_is_not_empty(hq: Host, web1: Host) -> None:
    await hq.write_all(names(3))
    await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.delete(*names(3))
    await hq.write_all(["new 1", "new 2", "new 3"])
    result = (await hq.cycle()).links[0]
    assert [brake.text for brake in result.brakes] == [
        "3 of 3 tasks would be deleted; more than 30 % are held"
    ]


async def test_easy_never_comes_to_the_brake(hq: Host, web1: Host) -> None:
    await hq.write_all(names(10))
    await hq.link(web1, "push", "easy")
    await hq.states()
    await hq.delete(*names(10))
    assert await hq.states() == ["in_sync"]
    assert len(await web1.tasks()) == 10


async def test_the_limits_are_the_receivers(hq: Host, web1: Host) -> None:
    web1.limits = BrakeLimits(max_deletions=2, max_share=100)
    hq.limits = BrakeLimits(max_deletions=100, max_share=100)
    result = await after_deleting(hq, hq, web1, 20, 3)
    assert [brake.text for brake in result.brakes] == ["3 of 20 tasks would be deleted; more than 2 are held"]


@pytest.mark.parametrize(("limit", "state"), [(50, "held"), (6, "held"), (0, "held"), (None, "held")])
async def test_a_pushed_limit_does_not_widen_the_receivers(
    limit: int | None, state: str, hq: Host, web1: Host
) -> None:
    result = await after_deleting(hq, hq, web1, 100, 6, max_deletions=limit)  # type: ignore[arg-type]
    assert result.state == state


async def test_a_pushing_link_can_be_tighter_than_the_receiver(hq: Host, web1: Host) -> None:
    result = await after_deleting(hq, hq, web1, 100, 2, max_deletions=1)
    assert result.state == "held"
    assert await hq.states(Allowance(deletions=2)) == ["applied"]


async def test_a_pushing_link_keeps_its_limit_even_if_the_receiver_would_not(hq: Host, web1: Host) -> None:
    web1.limits = BrakeLimits(max_deletions=50, max_share=100)
    hq.limits = web1.limits
    result = await after_deleting(hq, hq, web1, 100, 2, max_deletions=1)
    assert result.state == "held"
    assert result.error is not None
    assert "2 of 100 tasks would be deleted; more than 1 are held" in result.error.message


@pytest.mark.parametrize(("limit", "gone", "state"), [(8, 8, "applied"), (8, 9, "held"), (0, 1, "held")])
async def test_a_pulling_link_has_its_own_limit(
    limit: int, gone: int, state: str, hq: Host, web1: Host
) -> None:
    result = await after_deleting(web1, hq, hq, 100, gone, max_deletions=limit)
    assert result.state == state


async def ahead(hq: Host, web1: Host, micros: int, **options: object) -> LinkResult:
    """The result of pushing a task that is dated so far in the receiver's future."""
    await hq.write("backup", modified=web1.now + micros)
    await hq.link(web1, "push", "strict")
    return (await hq.cycle(**options)).links[0]  # type: ignore[arg-type]


async def test_a_date_in_the_receivers_future_is_held(hq: Host, web1: Host) -> None:
    result = await ahead(hq, web1, 10 * MINUTE + 1)
    assert [brake.code for brake in result.brakes] == ["future"]
    assert result.brakes[0].text == (
        f"1 change is dated in the future, up to {dates.format_date(NOW + 10 * MINUTE + 1)}: check the clocks"
    )
    assert await hq.states(Allowance(deletions=99, restored=True, other_primary=True)) == ["held"]
    assert await hq.states(Allowance(future=True)) == ["applied"]


async def test_a_date_a_little_ahead_is_fine(hq: Host, web1: Host) -> None:
    assert (await ahead(hq, web1, 10 * MINUTE)).state == "applied"


async def test_the_last_possible_date_is_held_and_no_crash(hq: Host, web1: Host) -> None:
    assert (await ahead(hq, web1, dates.NEWEST - NOW)).state == "held"


async def test_a_date_after_which_nothing_could_be_edited_is_not_taken(hq: Host, web1: Host) -> None:
    result = await ahead(hq, web1, dates.NEWEST + 1 - NOW)
    assert result.error is not None
    assert "no possible date" in result.error.message
    assert await web1.group() is None


async def test_how_far_ahead_is_fine_is_the_receivers_option(hq: Host, web1: Host) -> None:
    web1.limits = BrakeLimits(clock_ahead=0)
    assert (await ahead(hq, web1, 1)).state == "held"


async def restored(world: World, hq: Host, path: Path) -> Host:
    """hq again, from a copy of its home made before."""
    await world.hosts.pop("hq").close()
    for host in world.hosts.values():
        await host.connections.close()
    shutil.copytree(path / "copy", path / "back")
    return world.add(Host(world, "hq", await Store.open(Home(path / "back")), key=hq.key, now=hq.now))


@pytest.mark.parametrize("direction", ["push", "pull"])
@pytest.mark.parametrize("edited", [False, True])
async def test_a_primary_restored_from_a_backup_is_held(
    direction: str, edited: bool, tmp_path: Path, world: World, hq: Host, web1: Host
) -> None:
    await hq.write_all(names(10))
    await (hq.link(web1, "push", "strict") if direction == "push" else web1.link(hq, "pull", "strict"))
    own = hq if direction == "push" else web1
    await own.states()
    await hq.store.close()
    shutil.copytree(tmp_path / "hq", tmp_path / "copy")
    hq.store = await Store.open(Home(tmp_path / "hq"))
    hq.__post_init__()
    object.__setattr__(hq.context, "store", hq.store)
    await hq.write("task 1", "after the backup was made")
    await hq.write("task 2", "after the backup was made")
    assert await own.states() == ["applied"]
    hq = await restored(world, hq, tmp_path)
    own = hq if direction == "push" else web1
    if edited:
        await hq.write("task 3", "after it was restored")
    result = (await own.cycle()).links[0]
    assert result.state == "held"
    assert [brake.code for brake in result.brakes] == ["restored"]
    assert "the primary's history went back from change 4 to" in result.brakes[0].text
    assert (await web1.tasks())["task 1"] == "after the backup was made"
    assert await own.states(Allowance(deletions=99, future=True)) == ["held"]
    assert await own.states(Allowance(restored=True)) == ["applied"]
    assert (await web1.tasks())["task 1"] == "true"
    await hq.write("task 1", "and goes on")
    assert await own.states() == ["applied"]


async def test_two_copies_of_one_primary_are_told_apart_by_what_they_hold(
    tmp_path: Path, world: World, hq: Host, web1: Host
) -> None:
    await hq.write_all(names(10))
    await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.store.close()
    shutil.copytree(tmp_path / "hq", tmp_path / "copy")
    shutil.copytree(tmp_path / "hq", tmp_path / "twin")
    hq = await restored(world, hq, tmp_path)
    twin = Host(world, "hq", await Store.open(Home(tmp_path / "twin")), key=hq.key)
    await hq.write("task 1", "here")
    await twin.write("task 1", "there", modified=NOW + 9)
    assert await hq.states() == ["applied"]
    result = (await twin.cycle()).links[0]
    await twin.close()
    assert result.state == "held"
    assert (
        "the primary's state differs from the one seen before at the same change 3" in result.brakes[0].text
    )


@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_a_copy_of_a_primary_that_went_further_than_what_was_seen_is_held(
    direction: str, tmp_path: Path, world: World, hq: Host, web1: Host
) -> None:
    await hq.write_all(names(10))
    await (hq.link(web1, "push", "easy") if direction == "push" else web1.link(hq, "pull", "easy"))
    own = hq if direction == "push" else web1
    assert await own.states() == ["applied"]
    await hq.store.close()
    shutil.copytree(tmp_path / "hq", tmp_path / "copy")
    hq.store = await Store.open(Home(tmp_path / "hq"))
    hq.__post_init__()
    object.__setattr__(hq.context, "store", hq.store)
    await hq.write("task 1", "by the original")
    assert await own.states() == ["applied"]
    hq = await restored(world, hq, tmp_path)
    own = hq if direction == "push" else web1
    for word in ("once", "twice", "thrice"):
        await hq.write("task 1", word, modified=NOW + len(word))
    result = (await own.cycle()).links[0]
    assert (result.state, [brake.code for brake in result.brakes]) == ("held", ["restored"])
    assert "its change 3 is another one than the one that was applied here" in result.brakes[0].text
    assert (await web1.tasks())["task 1"] == "by the original"
    assert await own.states(Allowance(restored=True)) == ["applied"]
    assert (await web1.tasks())["task 1"] == "thrice"
    await hq.write("task 1", "and goes on", modified=NOW + MINUTE)
    assert await own.states() == ["applied"], "what was allowed is what was seen last"


@pytest.mark.parametrize("direction", ["push", "pull"])
async def test_a_primary_that_went_back_is_held_once_though_nothing_of_it_is_newer(
    direction: str, tmp_path: Path, world: World, hq: Host, web1: Host
) -> None:
    await hq.write_all(names(10))
    await (hq.link(web1, "push", "easy") if direction == "push" else web1.link(hq, "pull", "easy"))
    own = hq if direction == "push" else web1
    assert await own.states() == ["applied"]
    await hq.store.close()
    shutil.copytree(tmp_path / "hq", tmp_path / "copy")
    hq.store = await Store.open(Home(tmp_path / "hq"))
    hq.__post_init__()
    object.__setattr__(hq.context, "store", hq.store)
    await hq.write("task 1", "after the copy was made", modified=NOW + 9)
    assert await own.states() == ["applied"]
    hq = await restored(world, hq, tmp_path)
    own = hq if direction == "push" else web1
    first, again = (await own.cycle()).links[0], (await own.cycle()).links[0]
    assert [(each.state, each.repeated) for each in (first, again)] == [("held", False), ("held", True)]
    assert (first.changes, [brake.code for brake in first.brakes]) == ((), ["restored"])
    before = await web1.digest()
    assert await own.states(Allowance(restored=True)) == ["applied"]
    assert await web1.digest() == before
    assert await own.states() == ["in_sync"]


async def test_several_brakes_must_all_be_allowed(hq: Host, web1: Host) -> None:
    await hq.write_all(names(10))
    await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.delete(*names(6))
    await hq.write("task 9", "x", modified=NOW + 60 * MINUTE)
    result = (await hq.cycle()).links[0]
    assert sorted(brake.code for brake in result.brakes) == ["deletions", "future"]
    for partial in (Allowance(deletions=6), Allowance(future=True)):
        result = (await hq.cycle(partial)).links[0]
        assert result.state == "held"
    assert await hq.states(Allowance(deletions=6, future=True)) == ["applied"]


async def test_a_preview_tells_the_brakes_and_applies_only_what_is_allowed(hq: Host, web1: Host) -> None:
    await hq.write_all(names(2))
    await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.delete(*names(2))
    round_ = await hq.round()
    found = (await round_.compute())[0]
    assert (found.state, [brake.code for brake in found.brakes]) == ("differs", ["emptied"])
    assert (await round_.apply())[0].state == "held"
    await round_.compute()
    assert (await round_.apply(allow=Allowance(deletions=2)))[0].state == "applied"


async def test_an_approval_is_for_that_pair_only(hq: Host, web1: Host) -> None:
    await hq.write_all(names(20))
    await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.delete(*names(6))
    round_ = await hq.round()
    await round_.compute()
    await hq.delete("task 10")  # What is approved is no longer what would be done.
    assert (await round_.apply(allow=ALL))[0].state == "moved"
    assert len(await web1.tasks()) == 20
    assert (await round_.compute())[0].deletions == 7
    assert (await round_.apply(allow=Allowance(deletions=6)))[0].state == "held"


async def state_of(host: Host, link: Link) -> links.LinkState:
    """What the host remembers of a link."""
    return await host.store.read(lambda db: links.get_state(db, link.id))


async def test_held_is_reported_once(hq: Host, web1: Host) -> None:
    await hq.write_all(names(2))
    link = await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.delete(*names(2))
    first = await hq.cycle()
    assert [(each.state, each.repeated) for each in first.links] == [("held", False)]
    remembered = await state_of(hq, link)
    version = await hq.store.data_version()
    for _ in range(3):
        hq.now += 1
        again = await hq.cycle()
        assert [(each.state, each.repeated) for each in again.links] == [("held", True)]
    assert await state_of(hq, link) == remembered
    assert await hq.store.data_version() == version
    reports = await hq.store.read(cycles.list_cycles)
    assert [report.links[0].state for report in reports] == ["held", "applied"]
    await hq.write("another task")
    other = await hq.cycle()
    assert [(each.state, each.repeated) for each in other.links] == [("held", False)]
    assert len(await hq.store.read(cycles.list_cycles)) == 3


async def test_a_held_plan_is_not_even_sent(world: World, hq: Host, web1: Host) -> None:
    await hq.write_all(names(2))
    await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.delete(*names(2))
    world.line.clear()
    assert await hq.states() == ["held"]
    assert "Commit" not in world.line.kinds()


async def test_the_receiver_holds_it_whatever_the_sender_thinks(hq: Host, web1: Host) -> None:
    await hq.write_all(names(2))
    await hq.link(web1, "push", "strict")
    await hq.states()
    await hq.delete(*names(2))
    far = await hq.remote(web1)
    plan = await proposal(hq, web1, max_deletions=1000)
    await far.propose(plan)
    with pytest.raises(Held, match="the primary is empty"):
        await far.commit(replace(plan, max_deletions=1000), Verdict(), Allowance())
    assert len(await web1.tasks()) == 2
