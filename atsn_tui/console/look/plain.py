"""Text from elsewhere, made safe and visible, and fitted to cells."""

import unicodedata

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"
_LINE_BREAK = "↵"


def visible(text: str, *, lines: bool = False) -> str:
    """The text with every control, format and unpaired surrogate character shown instead of obeyed.

    With `lines`, line feeds stay, for places that show several lines.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_show(char, lines) for char in text)


def _show(char: str, lines: bool) -> str:
    if char == "\n":
        return "\n" if lines else _LINE_BREAK
    if char == "\t":
        return "→   " if lines else "→"
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return f"<{code:04X}>"
    return char


def fit(text: str, width: int) -> str:
    """The text in exactly `width` cells: padded with blanks, or cut with an ellipsis."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + ELLIPSIS, width)


def fit_middle(text: str, width: int) -> str:
    """The text in exactly `width` cells, cut in its middle: both ends tell it from others."""
    if cell_len(text) <= width or width < 3:
        return fit(text, width)
    front = set_cell_size(text, (width - 1) // 2)
    back = text[-1:]
    for at in range(len(text) - 1, 0, -1):
        if cell_len(front) + 1 + cell_len(text[at:]) > width:
            break
        back = text[at:]
    return fit(f"{front}{ELLIPSIS}{back}", width)


def shorten(text: str, width: int) -> str:
    """The text in at most `width` cells, cut with an ellipsis."""
    return text if cell_len(text) <= width else fit(text, width).rstrip()


def right(text: str, width: int) -> str:
    """The text at the right edge of `width` cells."""
    text = shorten(text, width)
    return " " * (width - cell_len(text)) + text
