"""What keeps this node from telling what it should, for as long as it does: one line for each place."""

import sqlite3

from msgspec import Struct


class Trouble(Struct, frozen=True, kw_only=True):
    """Something that a person should mend."""

    place: str
    """What it is about, as in `reports.file`."""
    since: int
    """Microseconds since the epoch."""
    text: str


def list_troubles(db: sqlite3.Connection) -> list[Trouble]:
    """All that there are, by place."""
    found = db.execute("SELECT place, since, text FROM troubles ORDER BY place")
    return [Trouble(place=place, since=since, text=text) for place, since, text in found]


def note(db: sqlite3.Connection, place: str, text: str | None, now: int) -> None:
    """That is the trouble there from now on; None: there is none. The same text keeps its date."""
    if text is None:
        db.execute("DELETE FROM troubles WHERE place = ?", (place,))
        return
    db.execute(
        "INSERT INTO troubles (place, since, text) VALUES (?, ?, ?)"
        " ON CONFLICT (place) DO UPDATE SET since = excluded.since, text = excluded.text"
        " WHERE text <> excluded.text",
        (place, now, text),
    )


def is_noted(db: sqlite3.Connection, place: str, text: str | None) -> bool:
    """Whether `note` would change nothing."""
    found = db.execute("SELECT text FROM troubles WHERE place = ?", (place,)).fetchone()
    return (None if found is None else found[0]) == text
