"""Links, and what each remembers of its last cycles."""

import sqlite3
from collections.abc import Iterable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model.peer import Link
from atsn_tui.model.result import LinkResult
from atsn_tui.store import audit


class LinkState(Struct, frozen=True, kw_only=True):
    """What a link remembers. Dates are microseconds since the epoch."""

    last_at: int | None = None
    next_at: int | None = None
    result: LinkResult | None = None
    """What its last cycle came to."""
    primary: bytes | None = None
    secondary: bytes | None = None
    """The digests of both sides when its plan was last empty."""
    held: tuple[bytes, bytes | None] | None = None
    """The digests (primary, base) of the plan that waits for a person."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Link)
_result_decoder = msgspec.json.Decoder(LinkResult)


def list_links(
    db: sqlite3.Connection, *, group_id: str | None = None, peer_id: str | None = None
) -> list[Link]:
    """The links, those of one group in their order; of all, or of one group, or of one peer."""
    found = db.execute(
        "SELECT body FROM links WHERE (?1 IS NULL OR group_id = ?1) AND (?2 IS NULL OR peer_id = ?2)"
        " ORDER BY group_id, position, rowid",
        (group_id, peer_id),
    )
    return [_decoder.decode(body) for (body,) in found]


def get(db: sqlite3.Connection, link_id: str) -> Link | None:
    """The link of that id."""
    found = db.execute("SELECT body FROM links WHERE id = ?", (link_id,)).fetchone()
    return None if found is None else _decoder.decode(found[0])


def next_position(others: Iterable[Link]) -> int:
    """The position of a new link, behind all others."""
    return 1 + max((link.position for link in others), default=0)


def add(db: sqlite3.Connection, link: Link) -> None:
    """Keep a new link. BadInput if its id is taken; NotFound if its peer does not exist."""
    _check_peer(db, link)
    if get(db, link.id) is not None:
        raise BadInput(f"there is a link with the id {link.id} already")
    db.execute(
        "INSERT INTO links (group_id, peer_id, position, body, id) VALUES (?, ?, ?, ?, ?)", _columns(link)
    )
    note(db, "link.add", None, link)


def update(db: sqlite3.Connection, link: Link) -> None:
    """Replace the link of that id. NotFound if there is none.

    With another group, peer, direction or mode it forgets the digests that it remembered.
    """
    before = get(db, link.id)
    if before is None:
        raise _missing(link.id)
    _check_peer(db, link)
    db.execute(
        "UPDATE links SET group_id = ?, peer_id = ?, position = ?, body = ? WHERE id = ?", _columns(link)
    )
    if _ends(before) != _ends(link):
        _forget(db, link.id)
    if link != before:
        note(db, "link.change", before, link)


def remove(db: sqlite3.Connection, link_id: str) -> Link:
    """Remove a link and what it remembers, and return it. NotFound if there is none."""
    link = get(db, link_id)
    if link is None:
        raise _missing(link_id)
    db.execute("DELETE FROM links WHERE id = ?", (link_id,))
    note(db, "link.remove", link, None)
    return link


def note(db: sqlite3.Connection, action: str, before: Link | None, after: Link | None) -> None:
    """Tell the audit log of a change of a link."""
    link = after or before
    assert link is not None
    found = db.execute("SELECT name FROM groups WHERE id = ?", (link.group_id,)).fetchone()
    audit.note(
        db,
        action,
        link.id,
        found[0] if found else link.group_name,
        group_id=link.group_id or "",
        peer_id=link.peer_id,
        summary=f"{link.direction}, {link.mode}",
        before=before,
        after=after,
    )


def get_state(db: sqlite3.Connection, link_id: str) -> LinkState:
    """What the link remembers; of a new or unknown one, nothing."""
    found = db.execute(
        "SELECT last_at, next_at, result, primary_digest, secondary_digest, held_primary, held_base"
        " FROM link_states WHERE link_id = ?",
        (link_id,),
    ).fetchone()
    if found is None:
        return LinkState()
    last_at, next_at, result, primary, secondary, held_primary, held_base = found
    return LinkState(
        last_at=last_at,
        next_at=next_at,
        result=None if result is None else _result_decoder.decode(result),
        primary=primary,
        secondary=secondary,
        held=None if held_primary is None else (held_primary, held_base),
    )


def set_state(db: sqlite3.Connection, link_id: str, state: LinkState) -> None:
    """Replace all that the link remembers. NotFound if there is no such link (it was removed meanwhile)."""
    if get(db, link_id) is None:
        raise _missing(link_id)
    held_primary, held_base = state.held or (None, None)
    db.execute(
        "INSERT OR REPLACE INTO link_states (link_id, last_at, next_at, result, primary_digest,"
        " secondary_digest, held_primary, held_base) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            link_id,
            state.last_at,
            state.next_at,
            None if state.result is None else msgspec.json.encode(state.result).decode(),
            state.primary,
            state.secondary,
            held_primary,
            held_base,
        ),
    )


def forget(db: sqlite3.Connection, group_id: str) -> None:
    """Make a group's links forget the digests that they remember."""
    for link in list_links(db, group_id=group_id):
        _forget(db, link.id)


def move(db: sqlite3.Connection, old: str, new: str) -> None:
    """Lead a group's links to the group's new id."""
    for link in list_links(db, group_id=old):
        update(db, replace(link, group_id=new))


def _forget(db: sqlite3.Connection, link_id: str) -> None:
    db.execute(
        "UPDATE link_states SET primary_digest = NULL, secondary_digest = NULL, held_primary = NULL,"
        " held_base = NULL WHERE link_id = ?",
        (link_id,),
    )


def _ends(link: Link) -> tuple[object, ...]:
    return (link.group_id, link.peer_id, link.direction, link.mode)


def _columns(link: Link) -> tuple[object, ...]:
    return (link.group_id, link.peer_id, link.position, _encoder.encode(link), link.id)


def _check_peer(db: sqlite3.Connection, link: Link) -> None:
    if db.execute("SELECT 1 FROM peers WHERE id = ?", (link.peer_id,)).fetchone() is None:
        raise NotFound(f"the link's peer {link.peer_id} does not exist: atsn peer list shows those there are")


def _missing(link_id: str) -> NotFound:
    return NotFound(f"there is no link with the id {link_id}: atsn link list shows those there are")
