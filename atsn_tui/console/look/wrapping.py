"""Wrapping lines of cells to a width, by words where possible."""

import re

from rich.cells import cell_len, get_character_cell_size

from atsn_tui.console.look.roles import Cell, Line

_PIECE = re.compile(r"\n|[^\S\n]+|[^\s]+")


def wrap(cells: Line, width: int) -> list[Line]:
    """The cells on as many lines as they need; a line feed starts a new one, long words are cut."""
    width = max(1, width)
    lines: list[Line] = [[]]
    used = 0
    for text, role in cells:
        for piece in _PIECE.findall(text):
            if piece == "\n":
                lines.append([])
                used = 0
                continue
            size = cell_len(piece)
            if piece.isspace():
                if 0 < used < width:
                    lines[-1].append((" " * min(size, width - used), role))
                    used += min(size, width - used)
                continue
            if used + size > width and used and size <= width:
                lines.append([])
                used = 0
            for part in _cut(piece, width, used):
                if used + cell_len(part) > width:
                    lines.append([])
                    used = 0
                lines[-1].append((part, role))
                used += cell_len(part)
    return lines


def _cut(word: str, width: int, used: int) -> list[str]:
    """The word in parts that fit: the first behind `used` cells, the others on lines of their own."""
    if cell_len(word) <= width - used:
        return [word]
    parts, part, room = [], "", width - used if width - used > 0 else width
    for char in word:
        size = get_character_cell_size(char)
        if size > room and part:
            parts.append(part)
            part, room = "", width
        part += char
        room -= size
    return [*parts, part]


def line_width(line: Line) -> int:
    """How many cells a line takes."""
    return sum(cell_len(text) for text, _ in line)


def fit_line(line: Line, width: int) -> Line:
    """The line cut to `width` cells, with an ellipsis where something is missing."""
    if line_width(line) <= width:
        return line
    if width <= 0:
        return []
    kept: Line = []
    room = width - 1
    for text, role in line:
        size = cell_len(text)
        if size > room:
            kept.append((_take(text, room) + "…", role))
            break
        kept.append((text, role))
        room -= size
    return kept


def _take(text: str, width: int) -> str:
    taken = ""
    for char in text:
        size = get_character_cell_size(char)
        if size > width:
            break
        taken += char
        width -= size
    return taken


def spread(left: Line, right_side: Line, width: int) -> Line:
    """One line with a left and a right end; the left end gives way, then the right."""
    right_side = fit_line(right_side, width)
    room = width - line_width(right_side) - 1
    left = fit_line(left, room) if room > 0 else []
    gap: Cell = (" " * (width - line_width(left) - line_width(right_side)), "ink")
    return [*left, gap, *right_side]
