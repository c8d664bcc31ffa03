"""A table whose rows may each have a remark: beside them all where that fits, else each below its row."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.tables import Cell

_GAP = 2
_NARROWEST = 20
"""The least width of the column that gives way, in cells; where there is less, it goes below its row."""


class Row(NamedTuple):
    """One line of a table, and what is to be said besides."""

    cells: Sequence[Cell]
    remark: str = ""


def print_rows(console: Console, columns: Sequence[str], rows: Sequence[Row], elastic: str) -> None:
    """Print rows below a heading. Empty columns are left out.

    The column `elastic` is folded where the console is too narrow, or goes below each row too.
    """
    used = [at for at, name in enumerate(columns) if name == elastic or any(row.cells[at] for row in rows)]
    columns = [columns[at] for at in used]
    place = columns.index(elastic)
    heading = [Text(name, style="bold") for name in columns]
    lines = [[_text(row.cells[at]) for at in used] for row in rows]
    below = [[Text(clean(row.remark), style="dim")] if row.remark else [] for row in rows]
    widths = [max(cell.cell_len for cell in column) for column in zip(heading, *lines, strict=True)]
    longest = max((remark.cell_len for remarks in below for remark in remarks), default=0)
    missing = _width(widths) - console.width
    if longest and _width([*widths, longest]) <= console.width:
        widths.append(longest)
        heading.append(Text("WHY", style="bold"))
        lines = [[*line, *(remarks or [Text("")])] for line, remarks in zip(lines, below, strict=True)]
        below = [[] for _ in rows]
    elif missing > 0 and widths[place] - missing >= _NARROWEST:
        widths[place] -= missing
    elif missing > 0:
        below = [[line.pop(place), *remarks] for line, remarks in zip(lines, below, strict=True)]
        del widths[place], heading[place]
    console.print(_line(heading, widths))
    for line, remarks in zip(lines, below, strict=True):
        console.print(_line(line, widths))
        for remark in remarks:
            console.print(Padding(remark, (0, 0, 0, widths[0] + _GAP), expand=False))


def _text(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else Text(clean(cell))


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _line(cells: Sequence[Text], widths: Sequence[int]) -> Table:
    made = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    for width in widths:
        made.add_column(width=width, overflow="fold")
    made.add_row(*cells)
    return made
