"""Reports of the cycles that were carried out, newest first."""

import sqlite3

import msgspec

from atsn_tui.model.result import CycleReport

KEEP = 500
"""How many reports are kept."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(CycleReport)


def add(db: sqlite3.Connection, report: CycleReport, *, keep: int = KEEP) -> None:
    """Keep a report, and of all only the newest `keep`. One of the same id is replaced."""
    db.execute(
        "INSERT OR REPLACE INTO cycles (id, body) VALUES (?, ?)",
        (report.id, _encoder.encode(report).decode()),
    )
    db.execute(
        "DELETE FROM cycles WHERE number <="
        " (SELECT number FROM cycles ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (keep,),
    )


def list_cycles(db: sqlite3.Connection, limit: int | None = None) -> list[CycleReport]:
    """The reports, newest first, at most `limit`."""
    found = db.execute(
        "SELECT body FROM cycles ORDER BY number DESC LIMIT ?", (-1 if limit is None else limit,)
    )
    return [_decoder.decode(body) for (body,) in found]


def get(db: sqlite3.Connection, cycle_id: str) -> CycleReport | None:
    """The report of that cycle."""
    found = db.execute("SELECT body FROM cycles WHERE id = ?", (cycle_id,)).fetchone()
    return None if found is None else _decoder.decode(found[0])
