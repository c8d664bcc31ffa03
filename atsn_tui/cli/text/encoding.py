"""Writing in any locale: what the terminal's encoding lacks is spelled in ASCII."""

import codecs
import io
from typing import IO

_IN_ASCII = {
    "−": "-",
    "–": "-",
    "·": "-",
    "→": "->",
    "●": "*",
    "○": "o",
    "▲": "^",
    "‖": "=",
    "✓": "+",
    "✗": "x",
    "▸": ">",
    "■": "#",
    "↻": "@",
    "…": "...",
}


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_IN_ASCII.get(char, "?") for char in error.object[error.start : error.end]), error.end


codecs.register_error("atsn.spell", _spell)


def prepare(stream: IO[str]) -> None:
    """Let the stream write every text."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="atsn.spell")
