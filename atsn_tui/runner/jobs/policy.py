"""What may run here: nothing that came from a peer runs as root, unless this node says otherwise."""

from atsn_tui.errors import AtsnError
from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Account as Default
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.runner.jobs.accounts import find_account


def why_not(task: Task, settings: Settings, origin: Origin, settings_origin: Origin) -> str | None:
    """Why the task may not run here; None: it may, or it is not a question of policy.

    It is judged by where the task came from and, if they have a part in it, the group's settings: their account and
    environment can turn a harmless local task into anything. A peer counts however its change came here.
    """
    peer = _peer(task, settings, origin, settings_origin)
    if peer is None or not isinstance(task.action, Command):
        return None
    user = task.run_as or settings.account.user
    group = task.run_as_group or settings.account.group
    try:
        account = find_account(user, group)
    except AtsnError:
        return None  # then it cannot run either, and the attempt says why
    if account.uid != 0 and (group is None or account.gid != 0):
        return None
    as_whom = f"as {account.user}" if account.uid == 0 else f"with the group {group}"
    return (
        f"it would run {as_whom}, and its {peer[0]} came from {peer[1]}: nothing that comes from a peer runs as root "
        "here; name another user in run_as"
    )


def _peer(task: Task, settings: Settings, origin: Origin, settings_origin: Origin) -> tuple[str, str] | None:
    """What of it came from which peer."""
    if origin.kind == "peer":
        return "task", f"peer {origin.who}"
    if settings_origin.kind == "peer" and (settings.environment or settings.account != Default()):
        return "group's settings", f"peer {settings_origin.who}"
    return None
