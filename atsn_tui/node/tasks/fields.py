"""KEY=VALUE texts and the fields of tasks and settings: one syntax for forms and for `--set`."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from atsn_tui.errors import BadInput
from atsn_tui.model.choices import with_choices
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task
from atsn_tui.node.nearest import not_found
from atsn_tui.node.tasks.field_types import (
    fields_of,
    is_leaf,
    is_variables,
    keys_of,
    member,
    members,
    split_name,
    type_of,
)
from atsn_tui.node.tasks.field_values import NULL, flag, read_json, seconds, value_of

__all__ = ["SHORT", "build_task", "change_settings", "change_task", "flag", "known_keys", "seconds"]

T = TypeVar("T", Task, Settings)

SHORT = {
    "command": "action.command",
    "argv": "action.argv",
    "stdin": "action.stdin",
    "schedule": "schedules",
    "user": "run_as",
    **{
        name: f"options.{name}"
        for name in (
            "timeout", "kill_after", "retries", "retry_delay", "retry_backoff", "overlap", "missed", "missed_window",
            "jitter", "success_codes", "on_holiday", "remove_when_over", "nice", "umask",
        )
    },
}  # fmt: skip
"""Keys of a task that may be written without the part before the dot."""

_WHAT: dict[type[Any], str] = {Task: "task", Settings: "group"}


def build_task(values: Mapping[str, str]) -> Task:
    """A new task from KEY=VALUE texts; BadInput names the key."""
    if "name" not in values:
        raise BadInput("a task needs a name")
    return _merged(Task, {"action": {"type": values.get("action.type", "command")}}, values)


def change_task(task: Task, values: Mapping[str, str]) -> Task:
    """The task with some fields changed; BadInput names the key.

    A shell line takes the place of program and arguments, and they of it.
    """
    content: dict[str, Any] = msgspec.to_builtins(task)
    kind = values.get("action.type")
    if kind is not None and kind != content["action"]["type"]:
        content["action"] = {"type": kind}
    paths = {_path(Task, key) for key in values}
    for new, old in (("command", "argv"), ("argv", "command")):
        if f"action.{new}" in paths and f"action.{old}" not in paths:
            content["action"].pop(old, None)
    return _merged(Task, content, values)


def change_settings(settings: Settings, values: Mapping[str, str]) -> Settings:
    """The settings with some fields changed; BadInput names the key."""
    return _merged(Settings, msgspec.to_builtins(settings), values)


def known_keys(kind: type[Task] | type[Settings]) -> list[str]:
    """Every key that can be set, dotted; NAME stands for a variable's or credential's name."""
    keys = sorted(keys_of(type_of(kind), ""))
    return keys if kind is Settings else sorted({*keys, *SHORT})


def _merged(kind: type[T], content: dict[str, Any], values: Mapping[str, str]) -> T:
    given: dict[str, str] = {}
    for key, text in values.items():
        path = _path(kind, key)
        if path in given:
            raise BadInput(f"{given[path]} and {key} are the same field: give it once")
        given[path] = key
        if path == "action.type":
            member(_action(), {"type": text})
        else:
            _set(kind, content, path, key, text)
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise BadInput(_readable(with_choices(str(error), kind))) from error


def _path(kind: type[Task] | type[Settings], key: str) -> str:
    return SHORT.get(key, key) if kind is Task else key


def _set(kind: type[Task] | type[Settings], content: dict[str, Any], path: str, key: str, text: str) -> None:
    """Put the value where `path` leads in `content`, making what is missing on the way."""
    at, node, rest = type_of(kind), content, path.split(".")
    while True:
        at = member(at, node)
        if isinstance(at, inspect.DictType):
            name, rest = split_name(at, rest)
            inner, default = at.value_type, None
        elif isinstance(at, inspect.StructType):
            name, *rest = rest
            field = next((each for each in at.fields if each.encode_name == name), None)
            if field is None:
                raise _misplaced(kind, at, name, key) or _unknown(kind, key)
            inner, default = field.type, field
        else:
            raise _unknown(kind, key)
        if not rest:
            break
        node, at = node.setdefault(name, {}), inner
    if text == NULL and isinstance(at, inspect.DictType):
        node.pop(name, None)
    elif is_variables(inner):
        node[name] = {} if text == NULL else read_json(key, text, dict[str, str])
    elif not is_leaf(inner):
        raise _unknown(kind, key)
    elif text == NULL and default is not None:
        if default.required:
            raise BadInput(f"{key} cannot be taken away: every {_WHAT[kind]} needs one")
        node.pop(name, None)
    else:
        node[name] = value_of(inner, path, key, text)


def _unknown(kind: type[Task] | type[Settings], key: str) -> BadInput:
    what = _WHAT[kind]
    error = not_found(f"{what} field", key, known_keys(kind), f"atsn {what} set --help")
    return BadInput(error.message)


def _misplaced(
    kind: type[Task] | type[Settings], at: inspect.StructType, name: str, key: str
) -> BadInput | None:
    """What to say if only another type of action has that field."""
    if kind is not Task or at.tag is None:
        return None
    owners = [
        str(each.tag)
        for each in members(_action())
        if any(field.encode_name == name for field in each.fields)
    ]
    if not owners:
        return None
    return BadInput(
        f"{key} is no field of a {at.tag} action: it needs action.type={' or '.join(sorted(owners))}"
    )


def _action() -> inspect.Type:
    """The type of a task's action: a union of all kinds."""
    return next(field.type for field in fields_of(Task) if field.encode_name == "action")


def _readable(message: str) -> str:
    """A validation error with the field as people write it: `options.retries`, not `$.options.retries`."""
    text, _, at = message.rpartition(" - at `$")
    if not text:
        return message
    return f"{at.rstrip('`').lstrip('.')}: {text}"
