"""The form of a task."""

import shlex
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from atsn_tui.console.forms.fields import Field
from atsn_tui.console.forms.form import Checked, Form, Values, check_each
from atsn_tui.console.look.schedules import next_times, split
from atsn_tui.console.look.times import Clock
from atsn_tui.errors import BadInput
from atsn_tui.model import text
from atsn_tui.model.task import Action, Command, Email, Http, Task
from atsn_tui.node.tasks.fields import change_task
from atsn_tui.node.tasks.validate import check_line
from atsn_tui.schedule import check_zone, parse, sentence_all
from atsn_tui.schedule.following import Outlines, TaskOutline, follow_edit, same_path

_TYPED = ("name", "folder", "schedules", "timezone", "run_as", "notes", "enabled")
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
    """A form for `task`, or for a new one in `folder`; what the form does not show stays as it is.

    `seed` is the task's id, empty for a new one; `others` are the tasks of the group, with this one.
    """
    base = _BLANK if task is None else task

    async def keep(values: Values) -> None:
        await save(_built(base, values))

    def check(values: Values) -> Checked:
        checked = _check(base, values, seed, clock)
        if not checked.wrong:
            _check_following(checked, values, others, seed)
        return checked

    return Form(title, _fields(task, folder), check, keep, verb="Add" if task is None else "Save")


def _fields(task: Task | None, folder: str) -> list[Field]:
    base = Task(name="new", folder=folder, action=Command(command="true")) if task is None else task
    label, action = _action_text(base.action)
    return [
        Field(key="name", label="Name", value="" if task is None else base.name, hint="nightly-backup"),
        Field(key="folder", label="Folder", value=base.folder, hint="none; or databases/nightly"),
        Field(
            key="action",
            label=label,
            value="" if task is None else action,
            hint="/usr/local/bin/backup --all",
        ),
        Field(
            key="schedules",
            label="Schedule",
            value="; ".join(base.schedules),
            hint="0 3 * * *   every 15m   @daily   after TASK   manual",
        ),
        Field(
            key="timezone", label="Time zone", value=base.timezone or "", hint="this node's; or Europe/Berlin"
        ),
        Field(key="run_as", label="Run as", value=base.run_as or "", hint="the group's account"),
        Field(key="notes", label="Notes", value=base.notes, kind="lines"),
        Field(
            key="enabled",
            label="State",
            value="yes" if base.enabled else "no",
            kind="choice",
            choices=(("yes", "on"), ("no", "off")),
        ),
    ]


def _action_text(action: Action) -> tuple[str, str]:
    match action:
        case Command():
            return ("Program", shlex.join(action.argv)) if action.argv else ("Command", action.command)
        case Http():
            return f"{action.method} URL", action.url
        case Email():
            return "Subject", action.subject


def _with_action(action: Action, typed: str) -> Action:
    """The action with what was typed in place of its command, program, URL or subject."""
    match action:
        case Command(argv=argv) if argv:
            return replace(action, argv=tuple(shlex.split(typed)))
        case Command():
            return replace(action, command=typed)
        case Http():
            return replace(action, url=typed)
        case Email():
            return replace(action, subject=typed)


def _built(base: Task, values: Values) -> Task:
    task = change_task(base, {key: values[key] for key in _TYPED})
    try:
        return replace(task, action=_with_action(base.action, values["action"]))
    except ValueError as error:
        raise BadInput(str(error)) from error


def _check(base: Task, values: Values, seed: str, clock: Clock) -> Checked:
    def action(typed: str) -> None:
        if not typed:
            raise ValueError("nothing to run yet: type what the task does")
        if isinstance(_with_action(base.action, typed), Command) and typed != _action_text(base.action)[1]:
            check_line(typed)

    def user(typed: str) -> None:
        if typed:
            text.check_name("user", typed)

    checked = check_each(
        values,
        {
            "name": lambda value: text.check_name("task name", value),
            "folder": text.check_folder,
            "action": action,
            "schedules": lambda value: [parse(part) for part in split(value)],
            "timezone": lambda value: value and check_zone(value),
            "run_as": user,
            "notes": lambda value: text.check_text("notes", value),
        },
    )
    if not {"schedules", "timezone"} & set(checked.wrong):
        timed = replace(base, schedules=split(values["schedules"]), timezone=values["timezone"] or None)
        checked.told["schedules"] = f"{sentence_all(timed.schedules)}\nnext: {next_times(timed, seed, clock)}"
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
