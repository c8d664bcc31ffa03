"""Links keep their order and remember only what still holds."""

import sqlite3

import pytest
from msgspec.structs import replace

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model.peer import Link, Peer
from atsn_tui.model.result import Applied, ChangeView, FieldChange, LinkResult
from atsn_tui.store import links, peers
from atsn_tui.store.links import LinkState
from tests.store.samples import GROUP, OTHER

LINK = Link(id="l", group_id=GROUP, group_name="jobs", peer_id="p", direction="push")
RESULT = LinkResult(
    group="jobs",
    group_id=GROUP,
    peer="hq",
    direction="push",
    mode="strict",
    state="applied",
    changes=(
        ChangeView(
            op="update",
            task_id="t",
            name="n",
            why="w",
            fields=(FieldChange(field="f", before=[1], after={"a": None}),),
        ),
    ),
    applied=Applied(updated=1),
)
STATE = LinkState(
    last_at=1, next_at=2, result=RESULT, primary=b"p" * 32, secondary=b"s" * 32, held=(b"h" * 32, b"b" * 32)
)


@pytest.fixture
def linked(db: sqlite3.Connection) -> sqlite3.Connection:
    for name in ("p", "q"):
        peers.add(db, Peer(id=name, name=name, public_key=name))
    links.add(db, LINK)
    links.set_state(db, "l", STATE)
    return db


def test_links_are_listed_by_group_or_peer_in_their_order(linked: sqlite3.Connection) -> None:
    second = replace(LINK, id="l2", position=2, peer_id="q")
    first = replace(LINK, id="l1", position=1)
    other = replace(LINK, id="l0", group_id=OTHER)
    unresolved = replace(LINK, id="l3", group_id=None, direction="pull", peer_id="q")
    for link in (second, first, other, unresolved):
        links.add(linked, link)
    assert links.list_links(linked) == [unresolved, LINK, first, second, other]
    assert links.list_links(linked, group_id=GROUP) == [LINK, first, second]
    assert links.list_links(linked, peer_id="q") == [unresolved, second]
    assert links.list_links(linked, group_id=GROUP, peer_id="q") == [second]


def test_what_a_link_remembers_comes_back_whole(linked: sqlite3.Connection) -> None:
    assert links.get_state(linked, "l") == STATE
    links.set_state(linked, "l", LinkState(held=(b"h" * 32, None)))
    assert links.get_state(linked, "l") == LinkState(held=(b"h" * 32, None))


@pytest.mark.parametrize(
    "change", [{"mode": "strict"}, {"direction": "pull"}, {"peer_id": "q"}, {"group_id": OTHER}]
)
def test_another_meaning_makes_remembered_digests_void(
    linked: sqlite3.Connection, change: dict[str, str]
) -> None:
    links.update(linked, replace(LINK, **change))
    assert links.get_state(linked, "l") == LinkState(last_at=1, next_at=2, result=RESULT)


def test_another_schedule_leaves_them(linked: sqlite3.Connection) -> None:
    changed = replace(LINK, schedule="every 5m", enabled=False, position=4)
    links.update(linked, changed)
    assert links.get(linked, "l") == changed
    assert links.get_state(linked, "l") == STATE


def test_a_removed_link_is_returned_and_forgotten(linked: sqlite3.Connection) -> None:
    assert links.remove(linked, "l") == LINK
    assert links.get(linked, "l") is None
    links.add(linked, LINK)
    assert links.get_state(linked, "l") == LinkState()


def test_a_link_needs_a_fresh_id_and_a_known_peer(linked: sqlite3.Connection) -> None:
    with pytest.raises(BadInput, match="id l already"):
        links.add(linked, LINK)
    with pytest.raises(NotFound, match="peer x"):
        links.add(linked, replace(LINK, id="l2", peer_id="x"))
    with pytest.raises(NotFound, match="peer x"):
        links.update(linked, replace(LINK, peer_id="x"))


@pytest.mark.parametrize(
    "call",
    [
        lambda db: links.update(db, replace(LINK, id="z")),
        lambda db: links.remove(db, "z"),
        lambda db: links.set_state(db, "z", LinkState()),
    ],
)
def test_an_unknown_link_is_not_found(linked: sqlite3.Connection, call: object) -> None:
    with pytest.raises(NotFound, match="id z"):
        call(linked)  # type: ignore[operator]
