"""Groups of a node: names, settings, secrets, another id, and what goes with them when they are removed."""

import pytest

from atsn_tui.errors import Ambiguous, BadInput, NotFound
from atsn_tui.model import codec, dates
from atsn_tui.model.settings import Settings
from atsn_tui.model.text import new_id
from atsn_tui.node.node import Node
from atsn_tui.store import groups
from atsn_tui.store.groups import Follow
from tests.node.samples import GROUP, a_task, public_key, received
from tests.nodes import Machine

ADDRESS = "127.0.0.1:8022"


async def test_a_group_is_found_by_id_name_and_name_in_another_case(node: Node) -> None:
    group = await node.groups.add("Ämter [/x]")
    for which in (group.id, "Ämter [/x]", "ÄMTER [/X]"):
        assert (await node.groups.get(which)).id == group.id


async def test_names_that_differ_in_case_only_are_two_groups(node: Node) -> None:
    one, two = await node.groups.add("web"), await node.groups.add("Web")
    assert (await node.groups.get("Web")).id == two.id
    with pytest.raises(Ambiguous) as caught:
        await node.groups.get("WEB")
    assert f"web  {one.id}" in caught.value.message


async def test_an_unknown_group_is_answered_with_the_nearest(node: Node) -> None:
    with pytest.raises(NotFound, match="there is none yet; to make one: atsn group add 'x y'"):
        await node.groups.get("x y")
    await node.groups.add(GROUP)
    with pytest.raises(NotFound, match=f"the nearest: {GROUP}"):
        await node.groups.get("Replicatd tasks")


@pytest.mark.parametrize("name", ["", " ", "a\nb", " a", "x" * 201, "a\0b", "a\x1b[0m"])
async def test_a_name_that_cannot_be_one_is_refused(node: Node, name: str) -> None:
    with pytest.raises(BadInput):
        await node.groups.add(name)
    await node.groups.add(GROUP)
    with pytest.raises(BadInput):
        await node.groups.change(GROUP, {"name": name})
    assert [group.name for group in await node.groups.list()] == [GROUP]


async def test_a_name_is_given_once(node: Node) -> None:
    await node.groups.add("a")
    await node.groups.add("b")
    with pytest.raises(BadInput, match="already"):
        await node.groups.add("a")
    with pytest.raises(BadInput, match="already"):
        await node.groups.change("b", {"name": "a"})


async def test_settings_change_all_or_none(node: Node) -> None:
    before = await node.groups.add(GROUP)
    with pytest.raises(BadInput):
        await node.groups.change(GROUP, {"email.when": "always", "email.port": "0", "replicated": "no"})
    with pytest.raises(BadInput, match="neither yes nor no"):
        await node.groups.change(GROUP, {"email.when": "always", "replicated": "perhaps"})
    with pytest.raises(BadInput, match="XX"):
        await node.groups.change(GROUP, {"email.when": "always", "holidays.country": "XX"})
    assert await node.groups.get(GROUP) == before
    after = await node.groups.change(GROUP, {"email.when": "always", "email.port": "25", "replicated": "off"})
    assert (after.settings["email"]["when"], after.settings["email"]["port"]) == ("always", 25)
    assert not after.replicated
    assert after.settings_modified_at > before.settings_modified_at


async def test_whether_a_group_is_replicated_is_no_part_of_its_content(node: Node) -> None:
    before = await node.groups.add(GROUP)
    after = await node.groups.change(GROUP, {"replicated": "no"})
    assert (after.digest, after.settings_modified_at) == (before.digest, before.settings_modified_at)


async def test_a_secret_is_never_shown(node: Node) -> None:
    await node.groups.add(GROUP)
    view = await node.groups.change(
        GROUP, {"credentials.db.secret": "hunter2", "credentials.db.user": "root", "credentials.x.user": "y"}
    )
    assert view.settings["credentials"] == {
        "db": {"user": "root", "secret": {"omitted": True}},
        "x": {"user": "y", "secret": None},
    }
    assert "hunter2" not in repr([await node.status(), await node.groups.list(), await node.links.list()])


async def test_a_group_takes_another_id_and_keeps_its_tasks_links_and_grants(node: Node) -> None:
    group = await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task())
    await node.peers.add("web1", public_key(1), ADDRESS, public_key(2), grants=[f"push:{GROUP}", "status"])
    link = await node.links.add(GROUP, "web1", "push")
    adopted = await node.groups.adopt(GROUP, other := new_id())
    assert (adopted.id, adopted.name, adopted.tasks) == (other, GROUP, 1)
    assert adopted.digest != group.digest
    assert (await node.tasks.get(task.id)).group_id == other
    assert (await node.links.get(link.id)).group_id == other
    assert (await node.peers.get("web1")).grants == (f"push:{other}", "status")
    assert await node.groups.adopt(GROUP, other) == adopted


async def test_an_id_that_is_none_or_is_taken_cannot_be_adopted(node: Node) -> None:
    one, two = await node.groups.add("one"), await node.groups.add("two")
    with pytest.raises(BadInput, match="no UUID"):
        await node.groups.adopt("one", "x")
    with pytest.raises(BadInput, match="'two' has the id"):
        await node.groups.adopt("one", two.id)
    assert await node.groups.list() == [one, two]


async def test_a_removed_group_takes_its_tasks_and_links_with_it(node: Node, hq: Machine) -> None:
    await node.groups.add("other")
    await node.groups.add(GROUP)
    await node.tasks.add(GROUP, a_task())
    await node.peers.add("web1", public_key(1), ADDRESS, public_key(2))
    kept = await node.links.add("other", "web1", "push")
    await node.links.add(GROUP, "web1", "push")
    await node.links.add(GROUP, "web1", "pull")
    await node.groups.remove(GROUP)
    assert [link.id for link in await node.links.list()] == [kept.id]
    assert [group.name for group in await node.groups.list()] == ["other"]
    with pytest.raises(NotFound):
        await node.tasks.get(f"{GROUP}/backup")
    hq.check_sound()


async def test_a_group_says_whose_strict_copy_it_is_until_it_is_released(node: Node) -> None:
    group = await node.groups.add(GROUP)
    peer = await node.peers.add("web1", public_key(1), ADDRESS, public_key(2))
    follow = Follow(peer_id=peer.id, node_id="n-web1", at=1)
    await node.core.store.write(lambda db: groups.set_follow(db, group.id, follow))
    assert (await node.groups.get(GROUP)).kept_by == "web1"
    assert (await node.groups.release(GROUP)).kept_by is None
    await node.core.store.write(lambda db: groups.set_follow(db, group.id, follow))
    await node.peers.remove("web1")
    assert (await node.groups.get(GROUP)).kept_by is None


async def test_a_removed_pull_link_keeps_its_group_no_longer(node: Node) -> None:
    group = await node.groups.add(GROUP)
    peer = await node.peers.add("web1", public_key(1), ADDRESS, public_key(2))
    push, pull = [await node.links.add(GROUP, "web1", direction) for direction in ("push", "pull")]
    follow = Follow(peer_id=peer.id, node_id="n-web1", at=1)
    await node.core.store.write(lambda db: groups.set_follow(db, group.id, follow))
    await node.links.remove(push.id)
    assert (await node.groups.get(GROUP)).kept_by == "web1"
    await node.links.remove(pull.id)
    assert (await node.groups.get(GROUP)).kept_by is None


async def test_the_date_of_settings_never_goes_back(node: Node) -> None:
    group = await node.groups.add(GROUP)
    future = dates.parse_date("2100-01-01T00:00:00Z")
    await received(node, GROUP, codec.record(group.id, future, Settings(name=GROUP, environment={"A": "1"})))
    changed = await node.groups.change(GROUP, {"environment.A": "2"})
    assert changed.settings_modified_at == dates.format_date(future + 1)


async def test_a_group_whose_pull_link_turns_easy_is_kept_by_nobody(node: Node) -> None:
    group = await node.groups.add(GROUP)
    peer = await node.peers.add("web1", public_key(1), ADDRESS, public_key(2))
    pull = await node.links.add(GROUP, "web1", "pull", mode="strict")
    follow = Follow(peer_id=peer.id, node_id="n-web1", at=1)
    await node.core.store.write(lambda db: groups.set_follow(db, group.id, follow))
    await node.links.change(pull.id, schedule="every 5m")
    assert (await node.groups.get(GROUP)).kept_by == "web1"
    await node.links.change(pull.id, mode="easy")
    assert (await node.groups.get(GROUP)).kept_by is None
