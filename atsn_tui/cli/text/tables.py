"""Tables: a heading, columns as wide as they must be, and ids in one piece."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from atsn_tui.cli.text.clean import clean

Cell = str | Text


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], whole: Sequence[str] = ()) -> Table:
    """A table without lines. Columns named in `whole` are never wrapped or cut."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        made.add_column(column, no_wrap=column in whole, overflow="ignore" if column in whole else "fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
    return made


def facts(pairs: Iterable[tuple[str, Cell | None]]) -> Table:
    """Names and values, one pair a line; pairs without a value are left out."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None:
            shown = value if isinstance(value, Text) else Text(clean(value, keep_lines=True))
            made.add_row(Text(clean(name)), shown)
    return made


def short_ids(ids: Sequence[str]) -> dict[str, str]:
    """Each id's beginning, 8 characters or as many as tell the ids apart."""
    length = 8
    while length < 36 and len({identity[:length] for identity in ids}) < len(set(ids)):
        length += 1
    return {identity: identity[:length] for identity in ids}
