"""Any bytes or text, made safe to read: every control character is shown instead of obeyed."""

import re

_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
_LINE_ENDS = re.compile(r"\r\n?")
_SPLITTING = frozenset("\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_KEPT = frozenset("\n\t\u200d\ufe0e\ufe0f")
"""Line feeds, tabs and the harmless parts of emoji."""


def decode(data: bytes) -> str:
    """Output of a program as text; bytes that are not UTF-8 are written out, as in \\xff."""
    return data.decode("utf-8", "backslashreplace")


def legible(text: str) -> str:
    """The text with unified line ends, without colours, and with all that is invisible written out, as in \\x00."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    text = _LINE_ENDS.sub("\n", _COLOURS.sub("", text))
    return "\n".join(line if line.isprintable() else "".join(map(_shown, line)) for line in text.split("\n"))


def one_line(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters, blanks collapsed, cut with an ellipsis."""
    line = " ".join(legible(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _shown(char: str) -> str:
    if char.isprintable() or char in _KEPT:
        return char
    if char.isspace() and char not in _SPLITTING:
        return " "
    return char.encode("unicode_escape").decode("ascii")
