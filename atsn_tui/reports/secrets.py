"""Hiding secrets in what is shown."""

from collections.abc import Callable, Iterable

SHOWN = "*****"
"""What stands in the place of a secret, as in captured output."""

_LONG_LINE = 8
"""Lines of a secret from this length on are hidden by themselves, too, as in a printed key file."""

Mask = Callable[[str], str]


def mask_for(secrets: Iterable[str]) -> Mask:
    """A function that hides each of the secrets in a text, whole or, of a long one, line by line."""
    hidden: set[str] = set()
    for secret in secrets:
        lines = [line.strip() for line in secret.splitlines()]
        hidden |= {secret.strip(), *(line for line in lines if len(line) >= _LONG_LINE)}
    hidden.discard("")
    return lambda text: _hide(text, hidden)


def _hide(text: str, secrets: set[str]) -> str:
    parts: list[str] = []
    position = 0
    for begin, end in _merged(_places(text, secrets)):
        parts += (text[position:begin], SHOWN)
        position = end
    return "".join(parts) + text[position:]


def _places(text: str, secrets: set[str]) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    for secret in secrets:
        at = text.find(secret)
        while at >= 0:
            places.append((at, at + len(secret)))
            at = text.find(secret, at + 1)
    return sorted(places)


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places that overlap made one, so that of two secrets in each other nothing is left over."""
    merged: list[tuple[int, int]] = []
    for begin, end in places:
        if merged and begin < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
