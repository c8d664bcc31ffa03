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
_NARROWEST = 12
"""The least that is left to the column that gives way, in cells."""


class Row(NamedTuple):
    """One line of a table, and what is to be said besides."""

    cells: Sequence[Cell]
    remark: str = ""


def print_rows(console: Console, columns: Sequence[str], rows: Sequence[Row], elastic: str) -> None:
    """Print rows below a heading. The column `elastic` is folded where the console is too narrow."""
    lines = [[_text(cell) for cell in row.cells] for row in rows]
    heading = [Text(name, style="bold") for name in columns]
    widths = [max(cell.cell_len for cell in column) for column in zip(heading, *lines, strict=True)]
    remarks = [clean(row.remark) for row in rows]
    longest = max((Text(remark).cell_len for remark in remarks), default=0)
    beside = _width([*widths, longest]) <= console.width
    if beside and longest:
        widths.append(longest)
        heading.append(Text("WHY", style="bold"))
        lines = [[*line, Text(remark)] for line, remark in zip(lines, remarks, strict=True)]
    else:
        place = columns.index(elastic)
        widths[place] -= max(0, min(_width(widths) - console.width, widths[place] - _NARROWEST))
    console.print(_line(heading, widths))
    for line, remark in zip(lines, remarks, strict=True):
        console.print(_line(line, widths))
        if remark and not beside:
            console.print(Padding(Text(remark, style="dim"), (0, 0, 0, widths[0] + _GAP), expand=False))


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
