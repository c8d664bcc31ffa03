"""A task as a page of facts."""

import shlex

import msgspec

from atsn_tui.console.lists.document import GAP, Block, Fact, Words
from atsn_tui.console.look.runs import hold_line, remark, run_line, run_sign
from atsn_tui.console.look.schedules import next_at
from atsn_tui.console.look.times import NOTHING, Clock, duration
from atsn_tui.model.record import Origin
from atsn_tui.model.task import Action, Command, Email, Http, Options, Task, TaskMail
from atsn_tui.node.runs.views import HoldView, RunView
from atsn_tui.node.views import GroupView, TaskView

_LONG = 4_000
_SECONDS = ("timeout", "kill_after", "retry_delay", "missed_window", "jitter")


def describe_task(
    view: TaskView,
    group: GroupView | None,
    clock: Clock,
    run: RunView | None = None,
    hold: HoldView | None = None,
) -> list[Block]:
    """Everything about a task, with its latest run and what holds it; what has its usual value is left out."""
    task = view.task
    facts: list[Block] = [
        *_action(task.action),
        Fact("Runs", view.schedule if task.enabled else f"off ({view.schedule})"),
        Fact("Next", clock.both(next_at(view, group, clock)) if task.enabled else NOTHING),
        *_standing(view, run, hold, clock),
        Fact("Schedule", "; ".join(task.schedules) or "manual", "muted"),
        Fact("As", _account(task)),
    ]
    facts += [Fact(label, value) for label, value in _optional(task) if value]
    facts += [Fact(label, value, "muted") for label, value in changed(Options(), task.options)]
    facts += [Fact(f"mail {label}", value, "muted") for label, value in changed(TaskMail(), task.mail)]
    if task.notes:
        facts += [GAP, Words(task.notes[:_LONG]), GAP]
    facts += [
        Fact("Changed", f"{clock.both(view.modified_at)}, {_by(view.origin)}", "muted"),
        Fact("Id", view.id, "muted"),
    ]
    return facts


def _standing(view: TaskView, run: RunView | None, hold: HoldView | None, clock: Clock) -> list[Block]:
    """How it stands, in words; nothing for a task that is on and has not run yet."""
    facts: list[Block] = []
    if hold is not None:
        facts.append(Fact("Held", f"‖ {hold_line(hold, clock)}", "warn"))
    if run is not None:
        sign = run_sign(run)
        facts.append(Fact("Last run", f"{sign.glyph} {run_line(run, clock)}", sign.role))
        if remark(run):
            facts.append(Fact("", remark(run), "muted"))
    return facts


def _action(action: Action) -> list[Block]:
    match action:
        case Command():
            line = action.command or shlex.join(action.argv)
            facts: list[Block] = [Fact("Command", line[:_LONG], "strong")]
            if action.stdin is not None:
                facts.append(Fact("Input", action.stdin[:_LONG]))
            return facts
        case Http():
            return [Fact("Request", f"{action.method} {action.url}", "strong")]
        case Email():
            return [Fact("Email to", ", ".join(action.to), "strong"), Fact("Subject", action.subject)]


def _account(task: Task) -> str:
    if task.run_as is None:
        return "the group's account"
    return task.run_as if task.run_as_group is None else f"{task.run_as}, group {task.run_as_group}"


def _optional(task: Task) -> list[tuple[str, str]]:
    return [
        ("Folder", task.folder),
        ("Time zone", task.timezone or ""),
        ("Days", _days(task)),
        ("Directory", task.directory or ""),
        ("Shell", task.shell or ""),
        ("Only on", ", ".join(task.nodes)),
        ("Environment", ", ".join(f"{key}={value}" for key, value in sorted(task.environment.items()))),
    ]


def _days(task: Task) -> str:
    parts = ([f"from {task.start}"] if task.start else []) + ([f"until {task.end}"] if task.end else [])
    return " ".join(parts)


def _by(origin: Origin) -> str:
    if origin.kind == "peer":
        return f"came from {origin.who}"
    return f"here by {origin.who}" if origin.who else "here"


def changed(usual: msgspec.Struct, actual: msgspec.Struct) -> list[tuple[str, str]]:
    """The fields that do not have their usual value, as label and text."""
    found = []
    for name in actual.__struct_fields__:
        value = getattr(actual, name)
        if value != getattr(usual, name):
            found.append((name.replace("_", " ").capitalize(), in_words(name, value)))
    return found


def in_words(name: str, value: object) -> str:
    """A field's value for a person."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name in _SECONDS:
        return duration(value)
    if isinstance(value, tuple | list):
        return ", ".join(str(one) for one in value) or "none"
    return NOTHING if value is None else str(value).replace("_", " ")
