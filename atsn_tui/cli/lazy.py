"""A command group whose verbs are imported when they are used, and named without being imported."""

from importlib import import_module
from typing import Any

from typer import Typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

VERBS: dict[str, tuple[str, str]] = {
    "init": ("init", "Make this machine a node."),
    "identity": ("identity", "Show what other nodes need to know about this one."),
    "node": ("node", "The options of this node alone."),
    "serve": ("serve", "Run the node in the foreground: tasks, replication and SSH server."),
    "service": ("service", "Let systemd run the node."),
    "channel": ("channel", "Serve one peer on standard input and output, for an sshd to start."),
    "status": ("status", "Show how this node, its groups, peers and links stand."),
    "doctor": ("doctor", "Look for what keeps this node from its work."),
    "group": ("group", "The groups of tasks on this node."),
    "task": ("task", "The tasks of a group."),
    "run": ("run", "Run a task now."),
    "stop": ("stop", "End a run."),
    "runs": ("runs", "Show what ran, how it ended, and what did not run and why."),
    "agenda": ("agenda", "Show what ran, what failed, what comes next and what falls together."),
    "log": ("log", "Show what a run printed."),
    "why": ("why", "Say why a task runs or does not run."),
    "hold": ("hold", "Pause a task, a group or all of this node."),
    "release": ("release", "Let a task, a group or this node run again."),
    "peer": ("peer", "The other nodes that this one knows."),
    "link": ("link", "Which group is replicated with which peer, and how."),
    "diff": ("diff", "Show what replication would change."),
    "replicate": ("replicate", "Replicate now: show what would change, ask, and apply it."),
    "history": ("history", "Show what was changed in a group, when, by whom and from where."),
    "undo": ("undo", "Bring an earlier state of a group back: show what changes, ask, and do it."),
    "audit": ("audit", "Show or verify the log of everything that was changed on this node."),
    "import": ("import_file", "Read crontabs and snapshots."),
    "give-back": ("give_back", "Let cron run again what was taken over from it."),
    "export": ("export", "Write a group as a snapshot."),
    "backup": ("backup", "Save all that makes this node in one file."),
    "restore": ("restore", "Bring a node back from its backup."),
    "password": ("password", "Encrypt the node's database, or end that."),
    "demo": ("demo", "Try ATSN with three nodes in a temporary place."),
}
"""Each verb: its file in `verbs` and its line in the overview, in the order of the overview."""


def load(verb: str) -> TyperCommand | TyperGroup | None:
    """The command of a verb, imported now; None if there is no such verb."""
    if verb not in VERBS:
        return None
    module = import_module(f"atsn_tui.cli.verbs.{VERBS[verb][0]}")
    app: Typer = module.app
    command = get_command(app)
    command.name = verb
    assert isinstance(command, TyperCommand | TyperGroup)
    return command


class LazyGroup(TyperGroup):
    """The root command: knows the names and summaries of its verbs, imports one when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        names: dict[str, Any] = dict.fromkeys(VERBS)
        self.commands = names  # typer takes the names from here when it suggests one

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs, in the order of the overview."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """The command of a verb."""
        return load(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the overview without importing a verb."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, summary) for verb, (_, summary) in VERBS.items()])
