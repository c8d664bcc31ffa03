"""The rules that a task or settings must keep before they are saved, beyond their own shape."""

from collections.abc import Mapping

from atsn_tui.errors import BadInput
from atsn_tui.model.references import uses
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.schedule import Cron, Startup, check_zone, parse


def check_task(task: Task) -> None:
    """BadInput if a schedule, the time zone or a reference to a credential cannot be read."""
    for text in task.schedules:
        parse(text)
    if task.timezone is not None:
        check_zone(task.timezone)
    check_references(task.environment)


def check_references(environment: Mapping[str, str]) -> None:
    """BadInput if a value names a credential and not which part of it. Whether there is one shows when it runs."""
    for _ in uses(environment):
        pass


def check_command(task: Task) -> None:
    """BadInput if the shell line is one of a crontab: times first, then the command."""
    if isinstance(task.action, Command):
        check_line(task.action.command)


def check_line(line: str) -> None:
    """The same for the line by itself."""
    times, command = _as_crontab(line.strip())
    if command:
        raise BadInput(
            f"the command begins with times, as a line of a crontab does: put {times!r} into the schedule and only "
            f"{command!r} into the command; a whole crontab is read by: atsn import FILE"
        )


def _as_crontab(line: str) -> tuple[str, str]:
    """The times and the command of a crontab's line; no command if it is none."""
    words = 1 if line.startswith("@") else 5
    parts = line.split(None, words)
    if len(parts) <= words:
        return "", ""
    times = " ".join(parts[:words])
    try:
        schedule = parse(times)
    except BadInput:
        return "", ""
    return (times, parts[words]) if isinstance(schedule, Cron | Startup) else ("", "")


def check_mail_server(settings: Settings) -> None:
    """BadInput if the server of the group's mail is no host name by itself."""
    if settings.email.server:
        from atsn_tui.mail.server import check_host

        check_host(settings.email.server, "email")


def check_settings(settings: Settings) -> None:
    """BadInput if the country or region of the holidays is unknown, or a reference to a credential cannot be read."""
    check_references(settings.environment)
    if settings.holidays.country is not None or settings.holidays.region is not None:
        from atsn_tui.schedule import check_holidays

        check_holidays(settings.holidays)
