"""The fields of tasks and settings as types: which there are, and what each holds."""

from functools import cache
from typing import Any

from msgspec import inspect

from atsn_tui.errors import BadInput
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task


@cache
def type_of(kind: type[Task] | type[Settings]) -> inspect.Type:
    """The whole as a type. Taking it apart is slow, so it is done once."""
    return inspect.type_info(kind)


def plain(at: inspect.Type) -> inspect.Type:
    """The type without its description."""
    return at.type if isinstance(at, inspect.Metadata) else at


def member(at: inspect.Type, node: dict[str, Any]) -> inspect.Type:
    """The member of a union that the tag in `node` names."""
    at = plain(at)
    structs = members(at)
    for each in structs:
        if each.tag == node.get("type"):
            return each
    if structs:
        tags = ", ".join(sorted(str(each.tag) for each in structs))
        raise BadInput(f"action.type {node.get('type')!r} is none of {tags}")
    return at


def members(at: inspect.Type) -> list[inspect.StructType]:
    """The members of a union of tagged structs; none for anything else."""
    if not isinstance(at, inspect.UnionType):
        return []
    return [each for each in at.types if isinstance(each, inspect.StructType)]


def is_leaf(at: inspect.Type) -> bool:
    """Whether a text can be the value: it is neither a part with fields nor a dictionary."""
    at = plain(at)
    if isinstance(at, inspect.UnionType):
        return all(is_leaf(each) for each in at.types)
    return not isinstance(at, inspect.StructType | inspect.DictType)


def is_variables(at: inspect.Type) -> bool:
    """Whether it is a dictionary of texts, which can be written as one JSON object."""
    at = plain(at)
    return isinstance(at, inspect.DictType) and isinstance(plain(at.value_type), inspect.StrType)


def keys_of(at: inspect.Type, prefix: str) -> list[str]:
    """Every key below `prefix`, dotted; NAME stands for the name of a dictionary's entry."""
    at = plain(at)
    if isinstance(at, inspect.UnionType):
        found = [key for each in at.types for key in keys_of(each, prefix)]
        return found if not is_leaf(at) else [prefix]
    if isinstance(at, inspect.StructType):
        start = f"{prefix}." if prefix else ""
        tag = [f"{start}type"] if at.tag is not None else []
        return tag + [key for field in at.fields for key in keys_of(field.type, start + field.encode_name)]
    if isinstance(at, inspect.DictType):
        return keys_of(at.value_type, f"{prefix}.NAME")
    return [prefix]


def split_name(at: inspect.DictType, parts: list[str]) -> tuple[str, list[str]]:
    """The name of an entry, which may hold dots itself, and what of the path is left behind it."""
    entry = plain(at.value_type)
    if isinstance(entry, inspect.StructType) and len(parts) > 1:
        fields = {field.encode_name for field in entry.fields}
        if parts[-1] in fields:
            return ".".join(parts[:-1]), parts[-1:]
    return ".".join(parts), []


def fields_of(kind: type[Task] | type[Settings]) -> tuple[inspect.Field, ...]:
    """The fields at the top."""
    at = type_of(kind)
    return at.fields if isinstance(at, inspect.StructType) else ()
