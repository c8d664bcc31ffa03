"""The queue of outgoing mail."""

import json
import sqlite3
from collections.abc import Collection

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.model.dates import SECOND
from atsn_tui.model.mail import Outgoing
from atsn_tui.store.database.store import Store

KEEP = 500
"""How many messages are kept that were sent or given up."""

_GIVEN_UP = 3 * 24 * 3600 * SECOND

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Outgoing)
_DUE = "state = 'waiting' AND route NOT IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR route = ?2)"


def save(db: sqlite3.Connection, item: Outgoing) -> None:
    """Add the item, or replace the one of its id."""
    db.execute(
        "INSERT OR REPLACE INTO outbox (id, state, route, next_at, created_at, ended_at, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            item.id,
            item.state,
            item.route,
            item.next_at,
            item.created_at,
            item.ended_at,
            _encoder.encode(item),
        ),
    )
    if item.state != "waiting":
        _prune(db)


def claim(
    db: sqlite3.Connection, now: int, until: int, avoid: Collection[str] = (), only: str | None = None
) -> Outgoing | None:
    """The waiting item that is due longest, by none of the routes to be avoided; its `next_at` becomes `until`.

    With `only`, by that route alone.
    """
    found = db.execute(
        f"SELECT body FROM outbox WHERE {_DUE} AND next_at <= ?3"  # noqa: S608
        " ORDER BY next_at, created_at LIMIT 1",
        (json.dumps(list(avoid)), only, now),
    ).fetchone()
    if found is None:
        return None
    taken = replace(_decoder.decode(found[0]), next_at=until)
    save(db, taken)
    return taken


def next_at(db: sqlite3.Connection, avoid: Collection[str] = (), only: str | None = None) -> int | None:
    """The earliest `next_at` of the waiting items, but for those routes."""
    moment: int | None = db.execute(
        f"SELECT min(next_at) FROM outbox WHERE {_DUE}",  # noqa: S608
        (json.dumps(list(avoid)), only),
    ).fetchone()[0]
    return moment


def waiting(db: sqlite3.Connection) -> int:
    """How many items wait."""
    return int(db.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()[0])


def list_outgoing(db: sqlite3.Connection, limit: int | None = None) -> list[Outgoing]:
    """The messages, newest first, at most `limit`."""
    found = db.execute(
        "SELECT body FROM outbox ORDER BY created_at DESC, id LIMIT ?", (-1 if limit is None else limit,)
    )
    return [_decoder.decode(body) for (body,) in found]


class Stuck(Struct, frozen=True, kw_only=True):
    """Mail of one route that does not get through."""

    route: str
    waiting: int
    """How many messages wait; 0: the last one was given up."""
    since: int
    """When the oldest of them was made, in microseconds since the epoch."""
    error: str


def stuck(db: sqlite3.Connection, now: int) -> list[Stuck]:
    """The routes by which the oldest waiting message met an error, or, if none waits, the last one was given up.

    The latter counts for three days.
    """
    found: list[Stuck] = []
    for (route,) in db.execute("SELECT DISTINCT route FROM outbox ORDER BY route").fetchall():
        count, body = db.execute(
            "SELECT count(*), (SELECT body FROM outbox WHERE state = 'waiting' AND route = ?1"
            " ORDER BY created_at LIMIT 1) FROM outbox WHERE state = 'waiting' AND route = ?1",
            (route,),
        ).fetchone()
        if body is None:
            (body,) = db.execute(
                "SELECT body FROM outbox WHERE state <> 'waiting' AND route = ?"
                " ORDER BY ended_at DESC, rowid DESC LIMIT 1",
                (route,),
            ).fetchone()
        item = _decoder.decode(body)
        if item.error is not None and (count or now - (item.ended_at or 0) < _GIVEN_UP):
            found.append(Stuck(route=route, waiting=count, since=item.created_at, error=item.error))
    return found


class StoredOutbox:
    """The queue in a node's database, or only what of it goes by one route; each method is one transaction."""

    def __init__(self, store: Store, only: str | None = None) -> None:
        self._store = store
        self._only = only

    async def save(self, item: Outgoing) -> None:
        """Add the item, or replace the one of its id."""
        await self._store.write(lambda db: save(db, item), tell=False)

    async def claim(self, now: int, until: int, avoid: Collection[str]) -> Outgoing | None:
        """Take the waiting item that is due longest, but for those routes."""
        first = await self.next_at(avoid)
        if first is None or first > now:
            # Looked at often, and mostly for nothing: that takes no turn at writing.
            return None
        return await self._store.write(lambda db: claim(db, now, until, avoid, self._only), tell=False)

    async def next_at(self, avoid: Collection[str]) -> int | None:
        """The earliest `next_at` of the waiting items, but for those routes."""
        return await self._store.read(lambda db: next_at(db, avoid, self._only))

    async def waiting(self) -> int:
        """How many items wait."""
        return await self._store.read(waiting)


def _prune(db: sqlite3.Connection) -> None:
    db.execute(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state <> 'waiting'"
        " ORDER BY ended_at DESC LIMIT -1 OFFSET ?)",
        (KEEP,),
    )
