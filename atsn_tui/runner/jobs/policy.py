"""What may run here: nothing that came from a peer runs as root, unless this node says otherwise."""

from atsn_tui.errors import AtsnError
from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.model.trust import peer_behind
from atsn_tui.runner.jobs.accounts import Account, find_account


def why_not(task: Task, settings: Settings, origin: Origin, settings_origin: Origin) -> str | None:
    """Why the task may not run here; None: it may, or it is not a question of policy.

    It is judged by where the task came from and, if they have a part in it, the group's settings: their account,
    environment and credentials can turn a harmless local task into anything. A peer counts however its change came
    here. Nor does it give a user a group that this machine does not: many a group is as good as root.
    """
    behind = peer_behind(task, settings, origin, settings_origin)
    if behind is None or not isinstance(task.action, Command):
        return None
    user = task.run_as or settings.account.user
    group = task.run_as_group or settings.account.group
    try:
        account, usual = find_account(user, group), find_account(user, None)
    except AtsnError:
        return None  # then it cannot run either, and the attempt says why
    part, whose = behind
    came = f"its {part} came from peer {whose.who}"
    if account.uid == 0 or (group is not None and account.gid == 0):
        as_whom = f"as {account.user}" if account.uid == 0 else f"with the group {group}"
        return (
            f"it would run {as_whom}, and {came}: nothing that comes from a peer runs as root "
            "here; name another user in run_as"
        )
    if not _is_member(account, usual):
        return (
            f"it would run with the group {group}, which {account.user} is not in, and {came}: a peer gives nobody "
            f"a group here; add {account.user} to it on this machine, or name another in run_as_group"
        )
    return None


def why_not_logged(task: Task, settings: Settings, settings_origin: Origin, account: Account) -> str | None:
    """Why that account may not write the group's log file; None: it may.

    Whoever names the path has root write to it, whatever the task is and whether it ran at all.
    """
    if settings_origin.kind != "peer":
        return None
    if account.uid == 0:
        as_whom = f"as {account.user}"
    elif not _is_member(account, find_account(task.run_as or settings.account.user, None)):
        as_whom = f"with the group {settings.account.group}"
    else:
        return None
    return (
        f"its log file is not written: that would be done {as_whom}, and where it lies came from peer "
        f"{settings_origin.who}; name an account for the group on this node (account.user)"
    )


def _is_member(account: Account, usual: Account) -> bool:
    return account.gid in usual.groups and (account.gid != 0 or usual.gid == 0)
