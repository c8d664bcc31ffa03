"""Links of a node: which can be made, what they hold, and how they are named."""

import pytest

from atsn_tui.errors import Ambiguous, BadInput, NotFound
from atsn_tui.model.text import new_id
from atsn_tui.node.links.links import KEEP
from atsn_tui.node.node import Node
from tests.node.samples import GROUP, public_key

ADDRESS = "192.0.2.7:8022"


@pytest.fixture
async def linked(node: Node) -> Node:
    await node.groups.add(GROUP)
    await node.peers.add("web1", public_key(1), ADDRESS, public_key(2))
    return node


async def test_a_link_is_easy_manual_and_automatic_unless_told_otherwise(linked: Node) -> None:
    link = await linked.links.add(GROUP, "web1", "push")
    assert (link.mode, link.schedule, link.apply, link.enabled) == ("easy", None, "auto", True)
    assert (link.state, link.behind, link.last_at, link.next_at) == (None, 0, None, None)


@pytest.mark.parametrize("schedule", ["", " ", "manual", None])
async def test_a_link_without_a_time_is_manual(linked: Node, schedule: str | None) -> None:
    assert (await linked.links.add(GROUP, "web1", "push", schedule=schedule)).schedule is None


@pytest.mark.parametrize(
    ("schedule", "told"),
    [("after backup", "cannot follow a task"), ("61 * * * *", "minute"), ("soon", "no schedule")],
)
async def test_a_schedule_that_no_link_can_have_is_refused(linked: Node, schedule: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        await linked.links.add(GROUP, "web1", "push", schedule=schedule)
    link = await linked.links.add(GROUP, "web1", "push", schedule="every 15m")
    with pytest.raises(BadInput, match=told):
        await linked.links.change(link.id, schedule=schedule, mode="strict")
    assert await linked.links.list() == [link]


async def test_a_group_that_is_pulled_need_not_be_here(linked: Node) -> None:
    by_name = await linked.links.add("of web1", "web1", "pull")
    by_id = await linked.links.add(absent := new_id(), "web1", "pull")
    assert (by_name.group, by_name.group_id) == ("of web1", None)
    assert by_id.group_id == absent
    with pytest.raises(NotFound):
        await linked.links.add("of web1", "web1", "push")
    with pytest.raises(BadInput, match="control"):
        await linked.links.add("a\nb", "web1", "pull")


async def test_what_cannot_be_replicated_gets_no_link(linked: Node) -> None:
    await linked.groups.add("mine", replicated=False)
    with pytest.raises(BadInput, match=r"'mine' is local; .* atsn group set mine replicated=true"):
        await linked.links.add("mine", "web1", "push")
    await linked.peers.add("silent", public_key(3))
    with pytest.raises(BadInput, match=r"silent has no address here.*--address"):
        await linked.links.add(GROUP, "silent", "push")
    with pytest.raises(NotFound, match="web1"):
        await linked.links.add(GROUP, "wbe1", "push")


async def test_the_same_link_is_not_made_twice(linked: Node) -> None:
    link = await linked.links.add(GROUP, "web1", "push")
    with pytest.raises(BadInput, match=f"atsn link set {link.id[:8]}"):
        await linked.links.add(GROUP, "web1", "push", mode="strict")
    await linked.links.add(GROUP, "web1", "pull")
    await linked.links.add("of web1", "web1", "pull")
    with pytest.raises(BadInput, match="such a link already"):
        await linked.links.add("of web1", "web1", "pull")


async def test_what_is_not_said_stays(linked: Node) -> None:
    link = await linked.links.add(GROUP, "web1", "push", mode="strict", schedule="every 15m", apply="ask")
    assert await linked.links.change(link.id) == link
    assert await linked.links.change(link.id, schedule=KEEP, max_deletions=KEEP) == link
    link = await linked.links.change(link.id, max_deletions=0, enabled=False)
    assert (link.mode, link.schedule, link.apply, link.enabled, link.max_deletions) == (
        "strict",
        "every 15m",
        "ask",
        False,
        0,
    )
    link = await linked.links.change(link.id, schedule=None, max_deletions=None)
    assert (link.schedule, link.max_deletions) == (None, None)
    with pytest.raises(BadInput, match="max_deletions"):
        await linked.links.change(link.id, max_deletions=-1)


async def test_a_link_has_its_own_limit_of_deletions_from_the_beginning(linked: Node) -> None:
    link = await linked.links.add(GROUP, "web1", "push", max_deletions=0)
    assert link.max_deletions == 0
    with pytest.raises(BadInput, match="max_deletions"):
        await linked.links.add(GROUP, "web1", "pull", max_deletions=-1)
    assert await linked.links.list() == [link], "a limit that cannot be leaves no link without one"


async def test_a_link_is_found_by_the_beginning_of_its_id(linked: Node) -> None:
    link = await linked.links.add(GROUP, "web1", "push")
    other = await linked.links.add(GROUP, "web1", "pull")
    shared = next(length for length in range(37) if link.id[: length + 1] != other.id[: length + 1])
    assert (await linked.links.get(link.id[: shared + 1])).id == link.id
    if shared:
        with pytest.raises(Ambiguous):
            await linked.links.get(link.id[:shared])
    for which in ("", "x"):
        with pytest.raises(NotFound):
            await linked.links.get(which)


async def test_links_stand_in_the_order_in_which_a_round_plans_them(linked: Node) -> None:
    await linked.groups.add("A")
    await linked.peers.add("web2", public_key(3), ADDRESS, public_key(4))
    made = [(GROUP, "web2", "push"), (GROUP, "web1", "push"), (GROUP, "web1", "pull"), ("A", "web1", "push")]
    for group, peer, direction in made:
        await linked.links.add(group, peer, direction)  # type: ignore[arg-type]
    shown = [(link.group, link.peer, link.direction) for link in await linked.links.list()]
    assert shown == [made[3], made[2], made[0], made[1]]
