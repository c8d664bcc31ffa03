"""Peers of a node: who they are, what they may do, and how they stand."""

import pytest

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model.text import new_id
from atsn_tui.node.node import Node
from tests.node.samples import GROUP, public_key
from tests.nodes import Machine

KEY, HOST_KEY, ADDRESS = public_key(1), public_key(2), "192.0.2.7:8022"


async def test_a_peer_without_an_address_only_connects_to_us(node: Node) -> None:
    peer = await node.peers.add("web1", KEY)
    assert (peer.address, peer.host_key, peer.grants, peer.state) == (None, None, (), "unknown")


async def test_an_address_needs_a_host_key_to_be_pinned(node: Node) -> None:
    with pytest.raises(BadInput, match="host key"):
        await node.peers.add("web1", KEY, address=ADDRESS)
    await node.peers.add("web1", KEY)
    with pytest.raises(BadInput, match="host key"):
        await node.peers.change("web1", address=ADDRESS)
    assert (await node.peers.change("web1", address=ADDRESS, host_key=HOST_KEY)).address == ADDRESS
    assert (await node.peers.change("web1", address="none")).host_key is None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"key": "ssh-ed25519 x"}, "key"),
        ({"key": "ssh-rsa AAAA"}, "ed25519"),
        ({"address": "192.0.2.7:"}, "port"),
        ({"address": "192.0.2.7:99999"}, "port"),
        ({"host_key": "x"}, "key"),
        ({"grants": ("everything",)}, "'everything' is no grant"),
        ({"grants": ("push:nothing",)}, "no group is named 'nothing'"),
        ({"allow_from": ("10.1.0.0/33",)}, "'10.1.0.0/33' is no network"),
        ({"allow_from": ("10.1.0.1/16",)}, "'10.1.0.1/16' is no network"),
        ({"allow_from": ("fe80::1%eth0",)}, "is no network"),
        ({"address": "[fe80::1%a;id]:8022"}, "write it as"),
        ({"address": "ssh://[fe80::1%a;id]"}, "write it as"),
        ({"name": ""}, "empty"),
        ({"name": "a\nb"}, "control"),
    ],
)
async def test_a_peer_that_cannot_be_is_refused(node: Node, values: dict[str, str], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        await node.peers.add(
            **{"name": "web1", "key": KEY, "address": ADDRESS, "host_key": HOST_KEY, **values}
        )  # type: ignore[arg-type]
    before = await node.peers.add("web1", KEY, ADDRESS, HOST_KEY)
    changed = {"new_name" if name == "name" else name: value for name, value in values.items()}
    with pytest.raises(BadInput, match=told):
        await node.peers.change("web1", **changed)  # type: ignore[arg-type]
    assert await node.peers.list() == [before]


async def test_one_name_and_one_key_is_one_peer(node: Node) -> None:
    await node.peers.add("web1", KEY)
    with pytest.raises(BadInput, match="a peer named 'web1' already"):
        await node.peers.add("web1", public_key(3))
    with pytest.raises(BadInput, match="'web1' has that public key already"):
        await node.peers.add("web2", KEY)


async def test_a_node_is_no_peer_of_itself(node: Node) -> None:
    own = node.identity().public_key
    with pytest.raises(BadInput, match="this node's own key"):
        await node.peers.add("me", own)
    await node.peers.add("web1", KEY)
    with pytest.raises(BadInput, match="this node's own key"):
        await node.peers.change("web1", key=own)


async def test_a_peer_in_another_form_of_its_key_is_the_same_peer(node: Node) -> None:
    await node.peers.add("web1", f"  {KEY} root@web1 ")
    with pytest.raises(BadInput, match="already"):
        await node.peers.add("web2", KEY)


async def test_an_unknown_peer_is_answered_with_the_nearest(node: Node) -> None:
    await node.peers.add("database", KEY)
    for ask in (node.peers.get("databsae"), node.peers.remove("databsae"), node.peers.test("databsae")):
        with pytest.raises(NotFound, match="the nearest: database"):
            await ask


async def test_grants_are_for_all_groups_or_for_one_by_name_or_by_id(node: Node) -> None:
    group, absent = await node.groups.add(GROUP), new_id()
    peer = await node.peers.add("web1", KEY, grants=["pull,status", f"push:{GROUP}", f"pull:{absent}"])
    assert peer.grants == ("pull", "status", f"push:{group.id}", f"pull:{absent}")
    peer = await node.peers.change("web1", grants=[f"push:{group.id}"])
    assert peer.grants == (f"push:{group.id}",)
    await node.groups.change(GROUP, {"name": "renamed"})
    assert (await node.peers.get("web1")).grants == (f"push:{group.id}",)
    assert (await node.peers.change("web1", grants=["none"])).grants == ()


async def test_what_is_not_said_stays(node: Node) -> None:
    before = await node.peers.add(
        "web1", KEY, ADDRESS, HOST_KEY, grants=["pull"], allow_from=["192.0.2.0/24"]
    )
    assert await node.peers.change("web1") == before
    assert (await node.peers.change("web1", new_name="web2")).id == before.id
    assert (await node.peers.get("web2")).allow_from == ("192.0.2.0/24",)
    assert (await node.peers.change("web2", allow_from=["any"])).allow_from == ()


async def test_another_key_is_another_node(node: Node) -> None:
    await node.peers.add("web1", KEY)
    from atsn_tui.store import peers

    peer = await node.peers.get("web1")
    await node.core.store.write(lambda db: peers.bind_node_id(db, peer.id, "n-web1"))
    assert (await node.peers.change("web1", new_name="web1")).node_id == "n-web1"
    assert (await node.peers.change("web1", key=public_key(5))).node_id is None


async def test_a_removed_peer_takes_its_links_with_it_and_says_which(node: Node, hq: Machine) -> None:
    for name in ("one", "two"):
        await node.groups.add(name)
    await node.peers.add("web1", KEY, ADDRESS, HOST_KEY)
    await node.peers.add("web2", public_key(3), ADDRESS, HOST_KEY)
    for name in ("one", "two"):
        await node.links.add(name, "web1", "push")
    kept = await node.links.add("one", "web2", "push")
    removed = await node.peers.remove("web1")
    assert [(link.group, link.peer) for link in removed] == [("one", "web1"), ("two", "web1")]
    assert [link.id for link in await node.links.list()] == [kept.id]
    with pytest.raises(NotFound):
        await node.peers.get("web1")
    hq.check_sound()
