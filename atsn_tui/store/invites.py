"""Invites: who may make itself known here with a secret, once, and until when."""

import sqlite3

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.model.peer import Direction, Grant
from atsn_tui.model.plan import Mode
from atsn_tui.store import audit

KEPT = 86_400_000_000
"""An invite is forgotten so many µs after its end."""


class LinkWish(Struct, frozen=True, kw_only=True):
    """How the groups of an invite are to be linked with whoever joins."""

    direction: Direction
    mode: Mode = "easy"
    schedule: str | None = None


class Use(Struct, frozen=True, kw_only=True):
    """Who used an invite."""

    key: str
    """The client key that it logged in with."""
    peer_id: str
    address: str
    """The IP address that it came from."""
    at: int
    """Microseconds since the epoch."""
    allows: tuple[Grant, ...] = ()
    """What it lets this node do there."""


class Invite(Struct, frozen=True, kw_only=True):
    """An invite. The secret itself is not kept, only its hash."""

    id: str
    """16 hexadecimal digits."""
    secret: bytes
    """BLAKE2b-256 of the secret."""
    name: str | None = None
    """What the peer is to be called here; None: as it calls itself."""
    grants: tuple[Grant, ...] = ()
    allow_from: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    """Ids and names of the groups that it is about."""
    link: LinkWish | None = None
    who: str = ""
    """Who made it."""
    made: int
    """Microseconds since the epoch, as all times here."""
    until: int
    wrong: int = 0
    """How often somebody came with its id and another secret."""
    use: Use | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Invite)


def add(db: sqlite3.Connection, invite: Invite) -> None:
    """Keep a new invite, and forget those that are long over."""
    db.execute("DELETE FROM invites WHERE until < ?", (invite.made - KEPT,))
    db.execute("INSERT INTO invites (until, used_by, body, id) VALUES (?, ?, ?, ?)", _columns(invite))
    _note(db, "invite.add", None, invite)


def change(db: sqlite3.Connection, invite: Invite) -> None:
    """Write an invite anew."""
    before = get(db, invite.id)
    db.execute("UPDATE invites SET until = ?, used_by = ?, body = ? WHERE id = ?", _columns(invite))
    if before is not None and before.use != invite.use:
        _note(db, "invite.use", before, invite)


def get(db: sqlite3.Connection, invite_id: str) -> Invite | None:
    """The invite of that id."""
    found = db.execute("SELECT body FROM invites WHERE id = ?", (invite_id,)).fetchone()
    return None if found is None else _decoder.decode(found[0])


def list_invites(db: sqlite3.Connection) -> list[Invite]:
    """All invites that are remembered, those that end last first."""
    return [_decoder.decode(body) for (body,) in db.execute("SELECT body FROM invites ORDER BY until DESC")]


def remove(db: sqlite3.Connection, invite_id: str) -> None:
    """Forget an invite: its line is of no use any more."""
    before = get(db, invite_id)
    if before is not None:
        db.execute("DELETE FROM invites WHERE id = ?", (invite_id,))
        _note(db, "invite.remove", before, None)


def admits(db: sqlite3.Connection, key: str, now: int) -> bool:
    """Whether any invite is open for that key: unused, or used by that very key, which may ask again."""
    found = db.execute(
        "SELECT 1 FROM invites WHERE until > ? AND (used_by IS NULL OR used_by = ?) LIMIT 1", (now, key)
    )
    return found.fetchone() is not None


def _note(db: sqlite3.Connection, action: str, before: Invite | None, after: Invite | None) -> None:
    """Tell the audit log, without the secret's hash."""
    invite = after or before
    assert invite is not None
    audit.note(
        db,
        action,
        invite.id,
        invite.name or "",
        peer_id=invite.use.peer_id if invite.use else "",
        before=None if before is None else replace(before, secret=b""),
        after=None if after is None else replace(after, secret=b""),
    )


def _columns(invite: Invite) -> tuple[object, ...]:
    used_by = None if invite.use is None else invite.use.key
    return (invite.until, used_by, _encoder.encode(invite), invite.id)
