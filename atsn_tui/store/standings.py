"""What was told last about each link, so that it is told once, also across restarts."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

S = TypeVar("S", bound=Struct)

_encoder = msgspec.msgpack.Encoder()


def read(db: sqlite3.Connection, link_ids: Iterable[str], kind: type[S]) -> dict[str, S]:
    """The standings of those links that have one, decoded as that kind."""
    wanted = set(link_ids)
    found = db.execute("SELECT link_id, body FROM standings")
    return {key: msgspec.msgpack.decode(body, type=kind) for key, body in found if key in wanted}


def write(db: sqlite3.Connection, after: Mapping[str, Struct]) -> None:
    """Keep those standings; links that are gone meanwhile have none."""
    for key, standing in after.items():
        db.execute(
            "INSERT OR REPLACE INTO standings (link_id, body) SELECT id, ?2 FROM links WHERE id = ?1",
            (key, _encoder.encode(standing)),
        )


def forget(db: sqlite3.Connection, link_ids: Iterable[str]) -> None:
    """Nothing was told about those links."""
    db.executemany("DELETE FROM standings WHERE link_id = ?", [(key,) for key in link_ids])
