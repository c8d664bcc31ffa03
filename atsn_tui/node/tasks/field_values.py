"""Texts that people type, as the values of fields."""

import re
import shlex
from typing import Any

import msgspec
from msgspec import inspect

from atsn_tui.errors import BadInput
from atsn_tui.node.tasks.field_types import plain

NULL = "null"
"""Takes a value away: the field gets its default, the variable or credential is removed."""

DURATIONS = frozenset(
    f"options.{name}" for name in ("timeout", "kill_after", "retry_delay", "missed_window", "jitter")
)
"""Fields in seconds, which may be written as 90, 90s, 5m, 2h or 1d."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d+)\s*([smhd]?)\Z")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def seconds(key: str, text: str) -> int:
    """A duration such as 90, 5m or 2h, in seconds."""
    found = _DURATION.match(text.strip())
    if not found:
        raise BadInput(f"{key}: {text!r} is no duration: write it as 90s, 5m, 2h or 1d")
    return int(found[1]) * _UNITS[found[2]]


def flag(key: str, text: str) -> bool:
    """A yes or a no."""
    if text.lower() not in _YES + _NO:
        raise BadInput(f"{key}: {text!r} is neither yes nor no")
    return text.lower() in _YES


def value_of(at: inspect.Type, path: str, key: str, text: str) -> Any:
    """The value that a text means for a field of that type. `key` is what the person wrote, for BadInput."""
    at = plain(at)
    kinds = [plain(each) for each in at.types] if isinstance(at, inspect.UnionType) else [at]
    nullable = any(isinstance(each, inspect.NoneType) for each in kinds)
    kind = next((each for each in kinds if not isinstance(each, inspect.NoneType)), at)
    if text == NULL and nullable:
        return None
    if path in DURATIONS:
        return seconds(key, text)
    if isinstance(kind, inspect.BoolType):
        return flag(key, text)
    if isinstance(kind, inspect.IntType):
        return _integer(key, text)
    if isinstance(kind, inspect.VarTupleType):
        numbers = isinstance(plain(kind.item_type), inspect.IntType)
        return [_integer(key, item) if numbers else item for item in _items(path, key, text)]
    if text == "" and nullable:
        return None
    if isinstance(kind, inspect.LiteralType):
        return text.strip().replace(" ", "_")
    return text


def read_json(key: str, text: str, kind: type[Any]) -> Any:
    """A list or an object that is written as JSON. BadInput if it is none."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadInput(f"{key}: {text!r} is no JSON that fits here: {error}") from error


def _items(path: str, key: str, text: str) -> list[str]:
    """The items of a list: words as in a shell for `argv`, else between commas, schedules between semicolons."""
    if text.startswith("["):
        return [str(item) for item in read_json(key, text, list)]
    if path == "action.argv":
        try:
            return shlex.split(text)
        except ValueError as error:
            raise BadInput(f"{key}: {text!r} cannot be taken apart: {error}") from error
    separator = r"[;\n]" if path == "schedules" else ","
    return [item.strip() for item in re.split(separator, text) if item.strip()]


def _integer(key: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise BadInput(f"{key}: {text!r} is no whole number") from error
