"""Peers have one name, one key and one node; removing one takes along what hangs on it."""

import sqlite3

import pytest
from msgspec.structs import replace

from atsn_tui.errors import AtsnError, BadInput, NotFound, Refused
from atsn_tui.model.peer import Grant, Link, Peer
from atsn_tui.model.record import Head
from atsn_tui.store import groups, heads, links, peers
from atsn_tui.store.groups import Follow
from atsn_tui.store.links import LinkState
from atsn_tui.store.peers import PeerState
from tests.store.samples import GROUP, fill

HQ = Peer(
    id="p1",
    name="hq",
    public_key="ssh-ed25519 AAAA1",
    address="hq:8022",
    host_key="ssh-ed25519 BBBB",
    grants=(Grant("pull"), Grant("push", GROUP)),
    allow_from=("10.0.0.0/8",),
)
DR = Peer(id="p2", name="dr", public_key="ssh-ed25519 AAAA2")


@pytest.fixture
def both(db: sqlite3.Connection) -> sqlite3.Connection:
    peers.add(db, HQ)
    peers.add(db, DR)
    return db


def test_peers_are_found_by_id_name_and_key(both: sqlite3.Connection) -> None:
    assert peers.list_peers(both) == [DR, HQ]
    assert peers.get(both, "p1") == peers.by_name(both, "hq") == peers.by_key(both, HQ.public_key) == HQ
    assert peers.get(both, "?") is peers.by_name(both, "HQ") is peers.by_key(both, "?") is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "hq"}, "named 'hq' already"),
        ({"public_key": HQ.public_key}, "'hq' has that public key"),
        ({"node_id": "n-hq"}, "'hq' is node n-hq"),
    ],
)
def test_names_keys_and_nodes_are_taken_once(
    both: sqlite3.Connection, change: dict[str, str], says: str
) -> None:
    peers.bind_node_id(both, "p1", "n-hq")
    with pytest.raises(BadInput, match=says):
        peers.update(both, replace(DR, **change))
    with pytest.raises(BadInput, match=says):
        peers.add(both, replace(DR, id="p3", **{"name": "new", "public_key": "ssh-ed25519 new"} | change))
    assert [peer.id for peer in peers.list_peers(both)] == ["p2", "p1"]


def test_a_peer_is_updated_in_place(both: sqlite3.Connection) -> None:
    renamed = replace(HQ, name="head", grants=())
    peers.update(both, renamed)
    assert peers.get(both, "p1") == peers.by_name(both, "head") == renamed
    assert peers.by_name(both, "hq") is None


def test_a_key_is_bound_to_the_first_node_that_shows_it(both: sqlite3.Connection) -> None:
    peers.bind_node_id(both, "p1", "n-hq")
    peers.bind_node_id(both, "p1", "n-hq")
    bound = peers.get(both, "p1")
    assert bound is not None
    assert bound.node_id == "n-hq"


@pytest.mark.parametrize(
    ("peer_id", "node_id", "says"),
    [
        ("p1", "n-new", "was node n-hq and now says that it is n-new"),
        ("p2", "n-hq", "which is peer 'hq' already"),
        ("p2", "n-here", "this node's own id"),
    ],
)
def test_another_node_behind_a_key_is_refused(
    both: sqlite3.Connection, peer_id: str, node_id: str, says: str
) -> None:
    peers.bind_node_id(both, "p1", "n-hq")
    with pytest.raises(Refused, match=says):
        peers.bind_node_id(both, peer_id, node_id)


def test_how_a_peer_was_found_is_remembered(both: sqlite3.Connection) -> None:
    assert peers.get_state(both, "p1") == PeerState()
    found = PeerState(
        last_contact=5, last_error="no route", latency_us=7, version="1", clock_skew_us=-3, state="x"
    )
    peers.set_state(both, "p1", found)
    assert peers.get_state(both, "p1") == found
    assert peers.get_state(both, "p2") == PeerState()


def test_a_removed_peer_takes_its_links_and_memory_along(both: sqlite3.Connection) -> None:
    db = both
    fill(db)
    ours = [
        Link(id=f"l{number}", group_id=GROUP, group_name="g", peer_id="p1", direction="pull", position=number)
        for number in range(2)
    ]
    other = Link(id="l9", group_id=GROUP, group_name="g", peer_id="p2", direction="push")
    for link in (*ours, other):
        links.add(db, link)
        links.set_state(db, link.id, LinkState(last_at=1))
    for peer in (HQ, DR):
        heads.set(db, peer.id, GROUP, Head("s", 1, b"d" * 32))
        peers.set_state(db, peer.id, PeerState(state="x"))
    groups.set_follow(db, GROUP, Follow(peer_id="p1", node_id="n-hq", at=1))

    assert peers.remove(db, "p1") == ours

    assert peers.list_peers(db) == [DR]
    assert links.list_links(db) == [other]
    assert links.get_state(db, "l0") == LinkState()
    assert heads.get(db, "p1", GROUP) is None
    assert heads.get(db, "p2", GROUP) is not None
    assert peers.get_state(db, "p1") == PeerState()
    row = groups.get_group(db, GROUP)
    assert row is not None
    assert row.follows is None


@pytest.mark.parametrize(
    "call",
    [
        lambda db: peers.update(db, HQ),
        lambda db: peers.remove(db, "p1"),
        lambda db: peers.bind_node_id(db, "p1", "n"),
        lambda db: peers.set_state(db, "p1", PeerState()),
    ],
)
def test_an_unknown_peer_is_not_found(db: sqlite3.Connection, call: object) -> None:
    with pytest.raises(AtsnError) as caught:
        call(db)  # type: ignore[operator]
    assert isinstance(caught.value, NotFound)
    assert "p1" in caught.value.message
