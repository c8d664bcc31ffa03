"""KEY=VALUE words, and secrets that are read from a file or standard input instead."""

from collections.abc import Sequence
from pathlib import Path

from atsn_tui.cli.stdin import read_stdin
from atsn_tui.errors import BadFile, BadInput


def parse_pairs(words: Sequence[str], example: str = "") -> dict[str, str]:
    """The keys and values, in order. With an `example`, there must be one at least.

    The value of a key that ends in `.secret` may be `@FILE`, `@-` for standard input, or `@@…` for a
    secret that begins with @; one line end at its end is dropped. BadInput for a word without = and for
    a key given twice.
    """
    if example and not words:
        raise BadInput(f"nothing is to be changed: give KEY=VALUE, as in {example}")
    values: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"{word!r} sets nothing: write KEY=VALUE, as in timeout=5m")
        if key in values:
            raise BadInput(f"{key} is given twice: give it once")
        values[key] = _secret(key, value) if key.endswith(".secret") else value
    return values


def _secret(key: str, value: str) -> str:
    if value.startswith("@@"):
        return value[1:]
    if not value.startswith("@"):
        return value
    if value == "@":
        raise BadInput(f"{key}: @ needs a file's name, or - for standard input, as in {key}=@-")
    try:
        text = (read_stdin() if value == "@-" else Path(value[1:]).read_bytes()).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(
            f"{key}: cannot read {value[1:]!r}: {getattr(error, 'strerror', None) or error}"
        ) from error
    return text.removesuffix("\n").removesuffix("\r")
