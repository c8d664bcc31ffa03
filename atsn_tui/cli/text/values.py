"""The values of fields as a person reads them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from atsn_tui.cli.text.clean import clean


def value(thing: Any) -> str:
    """One value: texts as they are (line ends kept), lists with `; ` between, anything else as JSON."""
    if thing is None:
        return "–"
    if isinstance(thing, str):
        return clean(thing, keep_lines=True) if thing.strip() else f'"{clean(thing)}"'
    if isinstance(thing, bool):
        return "yes" if thing else "no"
    if isinstance(thing, Mapping):
        return _mapping(thing)
    if isinstance(thing, Sequence):
        return "; ".join(value(part) for part in thing) if thing else "–"
    return clean(str(thing))


def _mapping(thing: Mapping[Any, Any]) -> str:
    if not thing:
        return "–"
    if thing.get("omitted") is True and len(thing) == 1:
        return "(secret)"
    if all(isinstance(part, str) for part in thing.values()):
        return "; ".join(f"{clean(key)}={value(part)}" for key, part in thing.items())
    return clean(msgspec.json.encode(thing).decode())


def flattened(thing: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested fields as dotted names, in their order; empty ones are left out."""
    pairs: list[tuple[str, Any]] = []
    for key, part in thing.items():
        name = f"{prefix}{key}"
        if isinstance(part, Mapping) and part and part.get("omitted") is not True:
            pairs.extend(flattened(part, f"{name}."))
        elif part not in (None, "", [], (), {}):
            pairs.append((name, part))
    return pairs
