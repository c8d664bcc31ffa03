"""Text from elsewhere, made safe to show: nothing in it can steer a terminal."""

_KEPT = "\u200d\ufe0e\ufe0f"
"""Parts of emoji, which are harmless."""


def clean(text: object, keep_lines: bool = False) -> str:
    """The text with control and other invisible characters written out, as in \\x1b.

    With `keep_lines`, line ends stay line ends.
    """
    return "".join(_shown(char, keep_lines) for char in str(text))


def _shown(char: str, keep_lines: bool) -> str:
    if char.isprintable() or char in _KEPT or (keep_lines and char == "\n"):
        return char
    if char.isspace() and char not in "\n\r\t\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029":
        return " "
    return char.encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """The first line of a text, with … if there are more."""
    first, _, rest = text.strip("\n").partition("\n")
    return clean(f"{first} …" if rest else first)
