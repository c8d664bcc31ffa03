"""The fields of a task's form, keyed as `atsn task set` names them, with `-` for the dots."""

import shlex
from collections.abc import Mapping

from atsn_tui.console.forms.fields import Field
from atsn_tui.model.task import Action, Command, Email, Http, Task

MORE = "More: what is empty is as its hint says"

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_OVERLAPS = ("skip", "queue", "parallel", "replace")
_HOLIDAYS = (("run", "run"), ("skip", "skip"), ("next_workday", "next workday"))
_MAILS = (
    ("null", "as the group"),
    *((when, when.removeprefix("on_")) for when in ("never", "on_failure", "on_recovery", "on_output", "always")),
)  # fmt: skip


def task_fields(task: Task) -> list[Field]:
    """All fields with the task's values: what most tasks need first, then the rest."""
    first = [
        Field(key="name", label="Name", value=task.name, hint="nightly-backup"),
        Field(key="folder", label="Folder", value=task.folder, hint="none; or databases/nightly"),
        *_action_fields(task.action),
        Field(
            key="schedules",
            label="Schedule",
            value="; ".join(task.schedules),
            hint="0 3 * * *   every 15m   @daily   after TASK   manual",
        ),
        Field(
            key="timezone", label="Time zone", value=task.timezone or "", hint="this node's; or Europe/Berlin"
        ),
        Field(key="run_as", label="Run as", value=task.run_as or "", hint="the group's account"),
        Field(key="notes", label="Notes", value=task.notes, kind="lines"),
        _choice("enabled", "State", "yes" if task.enabled else "no", (("yes", "on"), ("no", "off"))),
    ]
    return [*first, *_rules(task), *_surroundings(task), *_dates_and_mail(task)]


def pairs(values: Mapping[str, str], sign: str) -> str:
    """Names and values, one a line."""
    return "\n".join(f"{name}{sign}{value}" for name, value in values.items())


def _action_fields(action: Action) -> list[Field]:
    match action:
        case Command(argv=argv) if argv:
            return [Field(key="argv", label="Program", value=shlex.join(argv))]
        case Command():
            hint = "/usr/local/bin/backup --all"
            return [Field(key="command", label="Command", value=action.command, hint=hint)]
        case Http():
            codes = _listed(action.expect_status)
            return [
                Field(key="action-url", label="Address", value=action.url, hint="https://example.org/ping"),
                _choice("action-method", "Method", action.method, tuple((each, each) for each in _METHODS)),
                Field(key="action-headers", label="Headers", value=pairs(action.headers, ": "), kind="lines"),
                Field(key="action-body", label="Body", value=action.body or "", kind="lines"),
                Field(key="action-expect_status", label="Statuses", value=codes, hint="200 to 299; or 200, 204"),
                Field(key="action-credential", label="Credential", value=action.credential or "", hint="none"),
            ]  # fmt: skip
        case Email():
            return [
                Field(key="action-to", label="To", value=_listed(action.to), hint="admin@example.org"),
                Field(key="action-subject", label="Subject", value=action.subject),
                Field(key="action-body", label="Text", value=action.body, kind="lines"),
            ]


def _rules(task: Task) -> list[Field]:
    """How a run is carried out, and what becomes of one that fails, is late or comes twice."""
    rules = task.options
    retries = str(rules.retries) if rules.retries else ""
    codes = "" if rules.success_codes == (0,) else _listed(rules.success_codes)
    backoff = "" if rules.retry_backoff == 1 else str(rules.retry_backoff)
    return [
        Field(key="timeout", label="Time-out", value=_length(rules.timeout), hint="none; or 90s, 5m, 2h", part=MORE),
        Field(key="kill_after", label="Kill after", value=_length(rules.kill_after, 10), hint="10s"),
        Field(key="retries", label="Retries", value=retries, hint="none; or 3"),
        Field(key="retry_delay", label="Retry delay", value=_length(rules.retry_delay, 60), hint="60s"),
        Field(key="retry_backoff", label="Longer by", value=backoff, hint="1; 2: each retry waits twice as long"),
        _choice("overlap", "If running", rules.overlap, tuple((each, each) for each in _OVERLAPS)),
        _choice("missed", "If missed", rules.missed, (("skip", "skip"), ("once", "run once"))),
        Field(key="missed_window", label="Look back", value=_length(rules.missed_window, 86_400), hint="1d"),
        _choice("on_holiday", "On days off", rules.on_holiday, _HOLIDAYS),
        Field(key="jitter", label="Jitter", value=_length(rules.jitter, 0), hint="none; or 5m: start up to 5m later"),
        Field(key="success_codes", label="Exit codes", value=codes, hint="0 is success; or 0, 1"),
    ]  # fmt: skip


def _surroundings(task: Task) -> list[Field]:
    """Where a run happens, and what it finds there."""
    rules = task.options
    nice = "" if rules.nice is None else str(rules.nice)
    fields = [
        Field(key="nodes", label="On nodes", value=_listed(task.nodes), hint="all; or web1, tag:db, !hq"),
        Field(key="directory", label="Directory", value=task.directory or "", hint="the user's home"),
        Field(key="shell", label="Shell", value=task.shell or "", hint="/bin/sh"),
        Field(key="run_as_group", label="User group", value=task.run_as_group or "", hint="the user's own"),
        Field(
            key="environment",
            label="Environment",
            value=pairs(task.environment, "="),
            kind="lines",
            hint="NAME=VALUE, one a line",
        ),
        Field(key="nice", label="Nice", value=nice, hint="as the service; -20 to 19"),
        Field(key="umask", label="Umask", value=rules.umask or "", hint="as the service; or 027"),
    ]
    if isinstance(task.action, Command):
        hint = "standard input"
        fields.append(
            Field(key="stdin", label="Input", value=task.action.stdin or "", kind="lines", hint=hint)
        )
    return fields


def _dates_and_mail(task: Task) -> list[Field]:
    """The days between which it runs, and who hears of it."""
    over = "yes" if task.options.remove_when_over else "no"
    to = _listed(task.mail.to or ())
    return [
        Field(key="start", label="First day", value=task.start or "", hint="none; or 2026-12-24"),
        Field(key="end", label="Last day", value=task.end or "", hint="none; or 2026-12-31"),
        _choice("remove_when_over", "When over", over, (("no", "keep it"), ("yes", "delete it"))),
        _choice("mail-when", "Email on", task.mail.when or "null", _MAILS),
        Field(key="mail-to", label="Email to", value=to, hint="as the group; or admin@example.org"),
    ]


def _choice(key: str, label: str, value: str, choices: tuple[tuple[str, str], ...]) -> Field:
    return Field(key=key, label=label, value=value, kind="choice", choices=choices)


def _listed(items: tuple[object, ...]) -> str:
    return ", ".join(str(item) for item in items)


def _length(seconds: int | None, usual: int | None = None) -> str:
    """A duration as it is typed; nothing for the usual one."""
    if seconds is None or seconds == usual:
        return ""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
