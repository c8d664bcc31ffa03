"""What was typed about a task, as the task with those changes."""

from collections.abc import Callable
from typing import Any

from msgspec import ValidationError
from msgspec.structs import replace

from atsn_tui.console.forms.form import Values
from atsn_tui.console.forms.task_fields import task_fields
from atsn_tui.errors import BadInput
from atsn_tui.model import text
from atsn_tui.model.task import Http, Task
from atsn_tui.node.tasks.field_values import NULL
from atsn_tui.node.tasks.fields import change_task
from atsn_tui.node.tasks.validate import check_references

_PAIRS = {"environment": "=", "action-headers": ":"}
"""Fields of several names and values, and what stands between the two."""

_TEXTS = ("name", "folder", "command", "argv", "notes", "action-url", "action-to", "action-subject")
"""An empty text is theirs, and no wish for what is usual."""


def changed(task: Task, values: Values) -> Values:
    """Only what was changed."""
    before = {field.key: field.value.strip() for field in task_fields(task)}
    return {key: value for key, value in values.items() if value != before.get(key)}


def with_values(task: Task, values: Values) -> Task:
    """The task with the values; BadInput names the key."""
    single = {key.replace("-", "."): _typed(key, value) for key, value in values.items() if key not in _PAIRS}
    built = change_task(task, single)
    for key in _PAIRS.keys() & values.keys():
        built = _with_pairs(built, key, values[key])
    return built


def rule(task: Task, key: str) -> Callable[[str], object]:
    """Raises BadInput if the task cannot have that value."""
    return lambda value: with_values(task, changed(task, {key: value}))


def _typed(key: str, value: str) -> str:
    return value or ("" if key in _TEXTS else NULL)


def _with_pairs(task: Task, key: str, typed: str) -> Task:
    found = _read_pairs(typed, _PAIRS[key])
    try:
        if key == "environment":
            text.check_environment(key, found)
            check_references(found)
            return replace(task, environment=found)
        return replace(task, action=_with_headers(task.action, found))
    except (ValueError, ValidationError) as error:
        raise BadInput(str(error)) from error


def _with_headers(action: Any, headers: dict[str, str]) -> Any:
    return replace(action, headers=headers) if isinstance(action, Http) else action


def _read_pairs(typed: str, sign: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, (each.strip() for each in typed.splitlines())):
        name, between, value = line.partition(sign)
        name = name.strip()
        if not between or not name:
            raise BadInput(f"{line!r} has no {sign}: write it as NAME{sign}VALUE, one a line")
        if name in found:
            raise BadInput(f"{name} stands there twice")
        found[name] = value.strip()
    return found
