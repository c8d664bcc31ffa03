"""Which words a field takes, for whoever wrote another one."""

import re
from typing import Any

from msgspec import inspect

_PLACE = re.compile(r"(?P<what>Invalid enum value '.*') - at `\$(?P<path>[^`]*)`", re.DOTALL)


def with_choices(message: str, kind: type[Any]) -> str:
    """A validation error of `kind`, and if it is about a word that a field does not take, with those that it does."""
    found = _PLACE.fullmatch(message)
    if found is None:
        return message
    words = sorted(_words(inspect.type_info(kind), re.findall(r"[^.\[\]]+", found["path"])))
    if not words:
        return message
    word = found["what"].removeprefix("Invalid enum value ")
    return f"{word} is none of {', '.join(words)} - at `${found['path']}`"


def _words(at: inspect.Type, path: list[str]) -> set[str]:
    if isinstance(at, inspect.Metadata):
        return _words(at.type, path)
    if isinstance(at, inspect.UnionType):
        return {word for each in at.types for word in _words(each, path)}
    if isinstance(at, inspect.LiteralType):
        return {str(value) for value in at.values} if not path else set()
    if not path:
        return set()
    if isinstance(at, inspect.StructType):
        return {
            word for each in at.fields if each.encode_name == path[0] for word in _words(each.type, path[1:])
        }
    if isinstance(at, inspect.DictType):
        return _words(at.value_type, path[1:])
    if isinstance(at, inspect.VarTupleType):
        return _words(at.item_type, path[1:])
    return set()
