"""The queue of outgoing mail."""

import json
import sqlite3
from collections.abc import Collection

import msgspec
from msgspec.structs import replace

from atsn_tui.model.mail import Outgoing
from atsn_tui.store.store import Store

KEEP = 500
"""How many messages are kept that were sent or given up."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Outgoing)
_DUE = "state = 'waiting' AND route NOT IN (SELECT value FROM json_each(?))"


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


def claim(db: sqlite3.Connection, now: int, until: int, avoid: Collection[str] = ()) -> Outgoing | None:
    """The waiting item that is due longest, by none of the routes to be avoided; its `next_at` becomes `until`."""
    found = db.execute(
        f"SELECT body FROM outbox WHERE {_DUE} AND next_at <= ?"  # noqa: S608
        " ORDER BY next_at, created_at LIMIT 1",
        (json.dumps(list(avoid)), now),
    ).fetchone()
    if found is None:
        return None
    taken = replace(_decoder.decode(found[0]), next_at=until)
    save(db, taken)
    return taken


def next_at(db: sqlite3.Connection, avoid: Collection[str] = ()) -> int | None:
    """The earliest `next_at` of the waiting items, but for those routes."""
    moment: int | None = db.execute(
        f"SELECT min(next_at) FROM outbox WHERE {_DUE}",  # noqa: S608
        (json.dumps(list(avoid)),),
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


class StoredOutbox:
    """The queue in a node's database; each method is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def save(self, item: Outgoing) -> None:
        """Add the item, or replace the one of its id."""
        await self._store.write(lambda db: save(db, item))

    async def claim(self, now: int, until: int, avoid: Collection[str]) -> Outgoing | None:
        """Take the waiting item that is due longest, but for those routes."""
        return await self._store.write(lambda db: claim(db, now, until, avoid))

    async def next_at(self, avoid: Collection[str]) -> int | None:
        """The earliest `next_at` of the waiting items, but for those routes."""
        return await self._store.read(lambda db: next_at(db, avoid))

    async def waiting(self) -> int:
        """How many items wait."""
        return await self._store.read(waiting)


def _prune(db: sqlite3.Connection) -> None:
    db.execute(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state <> 'waiting'"
        " ORDER BY ended_at DESC LIMIT -1 OFFSET ?)",
        (KEEP,),
    )
