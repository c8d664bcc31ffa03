"""The form of a task."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from msgspec import structs

from atsn_tui.console.forms.fields import Field
from atsn_tui.console.forms.form import Checked, Form, Values, check_each
from atsn_tui.console.forms.task_fields import task_fields
from atsn_tui.console.forms.task_values import changed, rule, with_values
from atsn_tui.console.look.schedules import next_times, split
from atsn_tui.console.look.times import Clock
from atsn_tui.errors import BadInput
from atsn_tui.model import text
from atsn_tui.model.task import Command, Task
from atsn_tui.node.tasks.validate import check_line
from atsn_tui.schedule import check_zone, parse, sentence_all
from atsn_tui.schedule.following import Outlines, TaskOutline, follow_edit, same_path

_NEEDED = frozenset({"command", "argv", "action-url", "action-to", "action-subject"})
_BLANK = Task(name="new", action=Command(command="true"))


def task_form(
    title: str,
    task: Task | None,
    folder: str,
    seed: str,
    clock: Clock,
    save: Callable[[Task], Awaitable[None]],
    others: Outlines,
) -> Form:
    """A form for `task`, or for a new one in `folder`; what is not changed there stays as it is.

    `seed` is the task's id, empty for a new one; `others` are the tasks of the group, with this one.
    """
    base = _BLANK if task is None else task

    async def keep(values: Values) -> None:
        await save(with_values(base, changed(base, values)))

    def check(values: Values) -> Checked:
        checked = _check(base, values, seed, clock)
        if not checked.wrong:
            _check_following(checked, values, others, seed)
        return checked

    return Form(title, _fields(task, folder), check, keep, verb="Add" if task is None else "Save")


def _fields(task: Task | None, folder: str) -> list[Field]:
    if task is not None:
        return task_fields(task)
    begun = {"name": "", "command": "", "folder": folder}
    return [replace(each, value=begun.get(each.key, each.value)) for each in task_fields(_BLANK)]


def _check(base: Task, values: Values, seed: str, clock: Clock) -> Checked:
    rules: dict[str, Callable[[str], object]] = {key: rule(base, key) for key in values}
    rules |= {
        "name": lambda value: text.check_name("task name", value),
        "folder": text.check_folder,
        "schedules": lambda value: [parse(part) for part in split(value)],
        "timezone": lambda value: value and check_zone(value),
        "run_as": lambda value: text.check_name("user", value or "none"),
        "notes": lambda value: text.check_text("notes", value),
    }
    if "command" in values and "command" in changed(base, values):
        rules["command"] = check_line
    rules |= {key: _needed(rules[key]) for key in _NEEDED & values.keys()}
    checked = check_each(values, rules)
    if not {"schedules", "timezone"} & set(checked.wrong):
        timed = structs.replace(
            base, schedules=split(values["schedules"]), timezone=values["timezone"] or None
        )
        checked.told["schedules"] = f"{sentence_all(timed.schedules)}\nnext: {next_times(timed, seed, clock)}"
    return checked


def _needed(check: Callable[[str], object]) -> Callable[[str], object]:
    """The rule of a field without which the task does nothing."""

    def checked(typed: str) -> None:
        if not typed:
            raise ValueError("nothing to run yet: type what the task does")
        check(typed)

    return checked


def _check_following(checked: Checked, values: Values, others: Outlines, task_id: str) -> None:
    """Say what does not fit to the other tasks: whom it follows, and a name that another one has."""
    edited = TaskOutline(values["folder"], values["name"], split(values["schedules"]))
    after = {**others, task_id: edited}
    before = others.get(task_id)
    try:
        follow_edit(others, after)
    except BadInput as error:
        scheduled = before is None or before.schedules != edited.schedules
        checked.wrong["schedules" if scheduled else "name"] = error.message
    if (before is None or before.path != edited.path) and same_path(after, task_id):
        checked.told["name"] = "Another task here has this name: both can be told apart by their ids only."
