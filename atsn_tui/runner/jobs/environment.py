"""The environment of a job: what cron gives, then what was set for it. Nothing of the service's own. Pure."""

import os.path
from collections.abc import Mapping

from atsn_tui.model import dates
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.jobs.accounts import NO_SHELLS, Account

SHELL = "/bin/sh"
"""The shell of commands that name none, as in cron."""

PATH = "/usr/bin:/bin"
"""Where programs are searched for by default, as in cron."""

LOGIN_PATH = "/usr/local/bin:/usr/bin:/bin"
LOGIN_PATH_ROOT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The same with a login environment, before the account's own start-up files add to it."""


def job_environment(
    account: Account,
    about: About,
    *,
    node: Mapping[str, str],
    group: Mapping[str, str],
    task: Mapping[str, str],
    login: bool = False,
) -> dict[str, str]:
    """All variables of the job. What is more particular wins: the task over the group over the node.

    As in cron, LOGNAME and USER are the account's whatever is set. With `login`, SHELL is the account's own.
    """
    return {
        "HOME": account.home,
        **_login_or_not(account, login),
        **node,
        **group,
        **task,
        "LOGNAME": account.user,
        "USER": account.user,
        **about_variables(about),
    }


def about_variables(about: About) -> dict[str, str]:
    """What the run is about, as variables; subjects and paths may use them too."""
    variables = {
        "ATSN_NODE": about.node,
        "ATSN_GROUP": about.group,
        "ATSN_TASK": about.task,
        "ATSN_TASK_ID": about.task_id,
        "ATSN_RUN_ID": about.run_id,
        "ATSN_TRIGGER": about.trigger,
    }
    if about.due is not None:
        variables["ATSN_DUE"] = dates.format_date(about.due)
    return variables


def _login_or_not(account: Account, login: bool) -> dict[str, str]:
    if not login:
        return {"SHELL": SHELL, "PATH": PATH}
    usable = os.path.basename(account.shell) not in NO_SHELLS
    return {
        "SHELL": account.shell if usable else SHELL,
        "PATH": LOGIN_PATH_ROOT if account.uid == 0 else LOGIN_PATH,
    }
