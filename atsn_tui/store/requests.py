"""What front ends ask of the service, with what came of it."""

import sqlite3
from collections.abc import Collection

import msgspec
from msgspec.structs import replace

from atsn_tui.errors import BadInput
from atsn_tui.model.run import Request
from atsn_tui.store import audit

KEEP = 1000
"""How many answered requests are kept."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Request)


def add(db: sqlite3.Connection, request: Request) -> None:
    """Ask. BadInput: there is a request of that id."""
    if get(db, request.id) is not None:
        raise BadInput(f"there is a request {request.id} already: ask with a new id")
    db.execute(
        "INSERT INTO requests (id, kind, state, body) VALUES (?, ?, ?, ?)",
        (request.id, request.kind, request.state, _encoder.encode(request)),
    )
    audit.note(
        db,
        f"request.{request.kind}",
        request.task_id or request.run_id or request.id,
        audit.name_of(db, request.group_id, request.task_id),
        group_id=request.group_id,
        summary=f"run {request.run_id}" if request.run_id else "",
    )


def get(db: sqlite3.Connection, request_id: str) -> Request | None:
    """The request of that id, answered or not."""
    found = db.execute("SELECT body FROM requests WHERE id = ?", (request_id,)).fetchone()
    return None if found is None else _decoder.decode(found[0])


def waiting(db: sqlite3.Connection, kinds: Collection[str]) -> list[Request]:
    """Requests of those kinds that nobody has answered, oldest first."""
    found = db.execute(
        "SELECT kind, body FROM requests WHERE state IN ('waiting', 'working') ORDER BY number"
    )
    return [_decoder.decode(body) for kind, body in found if kind in kinds]


def change(db: sqlite3.Connection, request: Request) -> None:
    """Write a request anew: its progress or its answer."""
    db.execute(
        "UPDATE requests SET state = ?, body = ? WHERE id = ?",
        (request.state, _encoder.encode(request), request.id),
    )


def answer(db: sqlite3.Connection, request: Request, result: str, *, refused: bool = False) -> Request:
    """End a request, and forget the oldest answered ones."""
    answered = replace(request, state="refused" if refused else "done", result=result)
    change(db, answered)
    db.execute(
        "DELETE FROM requests WHERE state IN ('done', 'refused') AND number <="
        " (SELECT number FROM requests ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (KEEP,),
    )
    return answered
