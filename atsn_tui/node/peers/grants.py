"""Grants as people write them: `pull,push,status`, or `push:GROUP` for one group."""

import sqlite3
from collections.abc import Iterable
from typing import get_args

from msgspec.structs import replace

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model import text
from atsn_tui.model.peer import Access, Grant
from atsn_tui.node.lookup import find_group
from atsn_tui.store import peers

NONE = "none"


def parse_grants(db: sqlite3.Connection, texts: Iterable[str]) -> tuple[Grant, ...]:
    """Grants from their texts; a group may be named, or given by an id that is not here yet."""
    found: dict[Grant, None] = {}
    for word in (word.strip() for each in texts for word in each.split(",")):
        if not word or word == NONE:
            continue
        access, _, group = word.partition(":")
        if access not in get_args(Access):
            raise BadInput(
                f"{word!r} is no grant: write pull, push or status, and push:GROUP for one group, as in pull,status"
            )
        found[Grant(access, _group_id(db, group) if group else None)] = None  # type: ignore[arg-type]
    return tuple(found)


def grant_texts(grants: Iterable[Grant]) -> tuple[str, ...]:
    """Grants as they are written, groups by their id."""
    return tuple(grant.text for grant in grants)


def grant_names(grants: Iterable[Grant], groups: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Grants for a person: groups by their names where `groups`, ids with names, has them."""
    names = dict(groups)
    return tuple(
        grant.access
        if grant.group_id is None
        else f"{grant.access}:{names.get(grant.group_id, grant.group_id)}"
        for grant in grants
    )


def move_grants(db: sqlite3.Connection, old: str, new: str) -> None:
    """Let every grant for the group `old` be one for the group `new`, which it has become."""
    for peer in peers.list_peers(db):
        grants = tuple(
            dict.fromkeys(
                replace(each, group_id=new) if each.group_id == old else each for each in peer.grants
            )
        )
        if grants != peer.grants:
            peers.update(db, replace(peer, grants=grants))


def _group_id(db: sqlite3.Connection, group: str) -> str:
    try:
        return find_group(db, group).id
    except NotFound:
        try:
            text.check_id(group)
        except ValueError:
            pass
        else:
            return group
        raise
