"""${VARIABLES} in the texts that we expand ourselves: subjects and paths. `$$` is a dollar."""

import re
from collections.abc import Mapping

from msgspec import Struct

from atsn_tui.errors import BadInput

_USE = re.compile(r"\$(?:\$|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\})", re.ASCII)


class Expanded(Struct, frozen=True):
    """A text with its variables replaced, and the names of those that are not defined."""

    text: str
    undefined: tuple[str, ...] = ()


def expand(text: str, values: Mapping[str, str]) -> Expanded:
    """Replace what is defined; the rest stays as it is written. Values are not expanded again."""
    undefined: dict[str, None] = {}

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return "$"
        if name not in values:
            undefined[name] = None
            return found[0]
        return values[name]

    return Expanded(_USE.sub(value, text), tuple(undefined))


def expand_all(what: str, text: str, values: Mapping[str, str]) -> str:
    """Replace all variables; BadInput names those that are not defined. `what` begins the message."""
    expanded = expand(text, values)
    if expanded.undefined:
        raise undefined_in(what, text, expanded.undefined)
    return expanded.text


def undefined_in(what: str, text: str, names: tuple[str, ...]) -> BadInput:
    """The error for a text that uses variables which do not exist."""
    listed = ", ".join(f"${{{name}}}" for name in names)
    return BadInput(
        f"{what} {text!r}: {listed} is not defined here; set it for the task, the group or the node,"
        " or write $$ for a dollar"
    )
