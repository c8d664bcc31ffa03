"""From a task to an order: account, program, directory, and all limits. What it names is looked up on this node."""

from collections.abc import Mapping

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model.references import environment_of, missing, with_credentials
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.reports.variables import expand_all
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.jobs.accounts import NO_HOME, find_account
from atsn_tui.runner.jobs.environment import SHELL, job_environment
from atsn_tui.runner.spec import OUTPUT, RunSpec

UMASK = 0o022
"""What a job may not give others by default: to write."""

_GIVEN = 'exec "$@"'


def resolve(
    task: Task, settings: Settings, about: About, variables: Mapping[str, str], output_limit: int = OUTPUT
) -> RunSpec:
    """The order for a task whose action is a command; `variables` are the node's.

    NotFound: no such user, group or credential here. Refused: we may not run as that one. BadInput: a path uses a
    variable that is not defined, or is not absolute. May block while the account is looked up.
    """
    if not isinstance(task.action, Command):
        raise BadInput(f"task {task.path} runs no command: there is nothing for the keeper to do")
    options, default = task.options, settings.account
    account = find_account(task.run_as or default.user, task.run_as_group or default.group)
    environment = job_environment(
        account,
        about,
        node=variables,
        group={},
        task=own_environment(task, settings),
        login=default.login_environment,
    )
    program, argv = _program(task.action, _shell(task, environment), default.login_environment)
    umask = options.umask or default.umask
    return RunSpec(
        run=about.run_id,
        program=program,
        argv=argv,
        environment=environment,
        directory=_directory(task, environment),
        fallback="/" if task.directory is None else None,
        account=account.user,
        uid=None if account.own else account.uid,
        gid=None if account.own else account.gid,
        groups=() if account.own else account.groups,
        umask=UMASK if umask is None else int(umask, 8),
        nice=default.nice if options.nice is None else options.nice,
        stdin=task.action.stdin,
        timeout=options.timeout or None,
        kill_after=options.kill_after,
        output_limit=output_limit,
        secrets=secrets_of(settings),
    )


def own_environment(task: Task, settings: Settings) -> dict[str, str]:
    """What group and task set, with the credentials that they name. NotFound: one is not there."""
    lacking = missing(task, settings)
    if lacking:
        raise NotFound(
            f"{'; '.join(lacking)}; to give it: atsn group set GROUP credentials.NAME.secret=@FILE"
        )
    return with_credentials(environment_of(task, settings), settings.credentials)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """What is to be masked in everything that the group's tasks print."""
    return tuple(each.secret for each in settings.credentials.values() if each.secret)


def _shell(task: Task, environment: Mapping[str, str]) -> str:
    if task.shell is not None:
        return _path("the shell", task.shell, task, environment)
    return environment.get("SHELL") or SHELL


def _directory(task: Task, environment: Mapping[str, str]) -> str:
    if task.directory is None:
        home = environment.get("HOME")
        return home if home and home != NO_HOME else "/"
    path = _path("the directory", task.directory, task, environment)
    if not path.startswith("/"):
        raise BadInput(f"the directory {path!r} of task {task.path} is not absolute: write it as /srv/backup")
    return path


def _path(what: str, pattern: str, task: Task, environment: Mapping[str, str]) -> str:
    """The pattern with its variables. A name, which others may choose, leads neither up nor down.

    As in log paths, each / in the ATSN_… variables becomes a -.
    """
    values = {
        name: value.replace("/", "-") if name.startswith("ATSN_") else value
        for name, value in environment.items()
    }
    path = expand_all(what, pattern, values)
    if ".." in path.split("/") and ".." not in pattern.split("/"):
        raise BadInput(
            f"{what} {path!r} of task {task.path} leads upwards with .., which a variable brought: write it without one"
        )
    return path


def _program(action: Command, shell: str, login: bool) -> tuple[str, tuple[str, ...]]:
    """What to execute, and its arguments. A name that begins with - makes a shell a login shell."""
    name = shell.rpartition("/")[2]
    if action.command:
        return shell, (f"-{name}" if login else shell, "-c", action.command)
    if login:
        return SHELL, ("-sh", "-c", _GIVEN, "sh", *action.argv)
    return action.argv[0], action.argv
