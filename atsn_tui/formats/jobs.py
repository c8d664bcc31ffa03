"""From a crontab's jobs to tasks that run as cron would run them."""

import re
from collections.abc import Sequence

from atsn_tui.formats.crontab import Job
from atsn_tui.formats.names import distinct_names, short_name
from atsn_tui.formats.prose import prose
from atsn_tui.model import text
from atsn_tui.model.task import Command, Options, Task, TaskMail

_COMMAND_END = re.compile(r"\\(?P<escaped>.)|%", re.DOTALL)
_RECIPIENTS = re.compile(r"[,\s]+")
_DELAY = re.compile(r"[0-9]{1,4}")
_MAX_DELAY = 24 * 60


def to_task(job: Job, folder: str, *, name: str | None = None, enabled: bool = False) -> Task:
    """The task that does what cron did with the job; by default disabled, because cron still runs it.

    Without `name` it is called after its program. A variable whose name no shell could use is left out
    and named in the notes.
    """
    command, stdin = split_percent(job.command)
    environment, left_out = _usable(job.environment)
    return Task(
        name=name or short_name(command),
        folder=folder,
        enabled=enabled,
        # A line that is all input runs an empty command, which the shell spells as a colon.
        action=Command(command=command if command.strip() else ":", stdin=stdin),
        schedules=(job.schedule,),
        timezone=_timezone(job.environment),
        run_as=job.user,
        environment=environment,
        options=Options(jitter=_jitter(job.environment)),
        mail=_mail(job),
        notes="\n".join(part for part in (prose(job.comment), left_out) if part),
    )


def to_tasks(jobs: Sequence[Job], folder: str, *, enabled: bool = False) -> list[Task]:
    """A task for each job of one file, in its order, with names that differ from each other."""
    names = distinct_names([split_percent(job.command)[0] for job in jobs])
    return [to_task(job, folder, name=name, enabled=enabled) for job, name in zip(jobs, names, strict=True)]


def split_percent(command: str) -> tuple[str, str | None]:
    r"""What the shell gets of a crontab's command, and what it reads on standard input.

    The first % ends the command, each further one is a newline, and \% is a plain %. Input ends in a newline.
    """
    line, position = "", 0
    for match in _COMMAND_END.finditer(command):
        line += command[position : match.start()]
        position = match.end()
        if match.group() == "%":
            break
        line += "%" if match["escaped"] == "%" else match.group()
    else:
        return line + command[position:], None
    # In the input a backslash escapes nothing but a %, so that even \\% is one.
    given = command[position:].replace("%", "\n").replace("\\\n", "%")
    if not given:
        return line, None
    return line, given if given.endswith("\n") else given + "\n"


def _usable(environment: dict[str, str]) -> tuple[dict[str, str], str]:
    kept: dict[str, str] = {}
    left_out: list[str] = []
    for name, value in environment.items():
        try:
            text.check_environment("environment", {name: value})
        except ValueError:
            left_out.append(repr(name))
        else:
            kept[name] = value
    return kept, f"Left out, no variable names: {', '.join(left_out)}"[: text.MAX_NAME] if left_out else ""


def _timezone(environment: dict[str, str]) -> str | None:
    zone = environment.get("CRON_TZ", "").strip().removeprefix(":")
    try:
        text.check_name("CRON_TZ", zone)
    except ValueError:  # cron takes a zone that it cannot read for none, too
        return None
    return zone


def _jitter(environment: dict[str, str]) -> int:
    """RANDOM_DELAY is in minutes; cron ignores what is no number up to a day."""
    value = environment.get("RANDOM_DELAY", "").strip()
    minutes = int(value) if _DELAY.fullmatch(value) else 0
    return minutes * 60 if minutes <= _MAX_DELAY else 0


def _mail(job: Job) -> TaskMail:
    """Cron mails whatever a job prints to MAILTO; an empty one means nobody."""
    mailto = job.environment.get("MAILTO")
    if mailto is None:
        return TaskMail(when="on_failure") if job.mail_on_failure else TaskMail()
    to = tuple(address for address in _RECIPIENTS.split(mailto) if address)
    if not to:
        return TaskMail(when="never", to=())
    return TaskMail(when="on_failure" if job.mail_on_failure else "on_output", to=to)
