"""Which links a preview or a cycle is about. No peer answers here, and that is a result, never an exception."""

from collections.abc import AsyncIterator

import pytest

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model.text import new_id
from atsn_tui.node.node import Node
from tests.node.samples import public_key
from tests.nodes import free_port

Ends = set[tuple[str, str, str]]


@pytest.fixture
async def linked(node: Node) -> AsyncIterator[Node]:
    for number, peer in enumerate(("web1", "web2")):
        await node.peers.add(peer, public_key(number), f"127.0.0.1:{free_port()}", public_key(number + 9))
    for group in ("one", "two"):
        await node.groups.add(group)
        await node.links.add(group, "web1", "push")
    await node.links.add("one", "web2", "push")
    await node.links.add("theirs", "web2", "pull")
    return node


async def previewed(node: Node, **choice: object) -> Ends:
    async with node.replication.open(**choice) as session:  # type: ignore[arg-type]
        results = await session.compute()
        assert [result.link_id for result in results] == [link.id for link in await session.links()]
    assert {result.state for result in results} == {"unreachable"}
    return {(result.group, result.peer, result.direction) for result in results}


ALL: Ends = {
    ("one", "web1", "push"),
    ("one", "web2", "push"),
    ("two", "web1", "push"),
    ("theirs", "web2", "pull"),
}


async def test_links_are_chosen_by_group_and_by_peer(linked: Node) -> None:
    assert await previewed(linked) == ALL
    assert await previewed(linked, group="one") == {("one", "web1", "push"), ("one", "web2", "push")}
    assert await previewed(linked, peers=["web2"]) == {("one", "web2", "push"), ("theirs", "web2", "pull")}
    assert await previewed(linked, group="one", peers=["web2"]) == {("one", "web2", "push")}
    assert await previewed(linked, group="theirs") == {("theirs", "web2", "pull")}
    report = await linked.replication.cycle("two")
    assert [(link.group, link.state) for link in report.links] == [("two", "unreachable")]


async def test_a_link_that_is_switched_off_is_carried_out_by_hand_only(linked: Node) -> None:
    link = next(link for link in await linked.links.list() if link.group == "two")
    await linked.links.change(link.id, enabled=False)
    assert await previewed(linked) == ALL - {("two", "web1", "push")}
    assert await previewed(linked, link_ids=[link.id]) == {("two", "web1", "push")}


async def test_a_choice_without_links_says_how_to_make_one(linked: Node) -> None:
    await linked.groups.add("idle")
    for choice, told in (
        ({"group": "idle"}, "atsn link add 'idle' PEER --push"),
        ({"group": "two", "peers": ["web2"]}, "group 'two' with web2"),
    ):
        with pytest.raises(BadInput, match=told):
            async with linked.replication.open(**choice):  # type: ignore[arg-type]
                pass
        with pytest.raises(BadInput, match=told):
            await linked.replication.cycle(**choice)  # type: ignore[arg-type]


@pytest.mark.parametrize("choice", [{"group": "thiers"}, {"peers": ["wbe1"]}, {"link_ids": [new_id()]}])
async def test_a_name_that_is_wrong_is_answered_with_the_nearest(
    linked: Node, choice: dict[str, object]
) -> None:
    with pytest.raises(NotFound):
        await previewed(linked, **choice)


async def test_a_cycle_by_hand_is_remembered(linked: Node) -> None:
    first, second = [await linked.replication.cycle(name) for name in ("one", "two")]
    reports = await linked.replication.reports()
    assert [report.id for report in reports] == [second.id, first.id]
    assert await linked.replication.reports(limit=1) == [reports[0]]
    assert reports[0].trigger == "hand"
    assert reports[0].started_at <= reports[0].ended_at
