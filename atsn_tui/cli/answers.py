"""How a command answers: data as JSON or as text on stdout, warnings on stderr."""

import io
import re
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from rich.console import Console

_STEERING = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What JSON allows as it is, but a terminal may obey."""


def print_json(data: Any) -> None:
    """Print one JSON document on stdout: indented, in UTF-8 whatever the locale says."""
    text = msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
    _write(sys.stdout, _tame(text) + "\n")


def print_error_json(kind: str, code: str, message: str) -> None:
    """Print one JSON line on stderr: an `error` or a `warning`."""
    # A word of the command line that is no UTF-8 may stand in it.
    told = message.encode(errors="backslashreplace").decode()
    text = msgspec.json.encode({kind: {"code": code, "message": told}}).decode()
    _write(sys.stderr, _tame(text) + "\n")


def print_text(render: "Callable[[Console], None]") -> None:
    """Let `render` write to stdout. What is piped has no blanks at the ends of its lines."""
    from atsn_tui.cli.text.screen import console

    if sys.stdout.isatty():
        render(console(sys.stdout))
        return
    piped = io.StringIO()
    render(console(piped))
    lines = piped.getvalue().removesuffix("\n").split("\n")
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in lines)


def _tame(text: str) -> str:
    """The same JSON, in which nothing could steer a terminal that it is printed on."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _write(stream: IO[str], text: str) -> None:
    stream.flush()
    raw = getattr(stream, "buffer", None)
    if raw is None:
        stream.write(text)
    else:
        raw.write(text.encode())
    stream.flush()
