"""The service's unit, as a person reads of it."""

import getpass
import shlex
from pathlib import Path

from rich.console import Console

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import clock
from atsn_tui.cli.text.tables import facts
from atsn_tui.service.install import Installed, Uninstalled, UnitStatus

_LINGER = Path("/var/lib/systemd/linger")


def print_installed(console: Console, done: Installed, *, user: bool) -> None:
    """Print what was done, or would be."""
    if done.dry_run:
        console.print(f"# {clean(done.path)}", soft_wrap=True)
        console.print(clean(done.text, keep_lines=True).rstrip("\n"), soft_wrap=True)
        for step in done.steps:
            console.print(f"# then: {clean(step)}", soft_wrap=True)
    else:
        console.print(f"{clean(done.path)} is written", soft_wrap=True)
        for step in done.steps:
            console.print(f"  {clean(step)}", soft_wrap=True)
        if not done.started:
            console.print("It is not started yet: systemctl daemon-reload and systemctl enable --now do that")
    if not done.checked:
        console.print(f"{'# ' if done.dry_run else ''}systemd-analyze could not check it here")
    if user and not done.dry_run and not (_LINGER / getpass.getuser()).exists():
        console.print("To let it run while you are not logged in: loginctl enable-linger")


def print_uninstalled(console: Console, done: Uninstalled) -> None:
    """Print what was done, or would be."""
    console.print(f"{clean(done.unit)} {'would be' if done.dry_run else 'is'} removed", soft_wrap=True)
    for step in done.steps:
        console.print(f"  {clean(step)}", soft_wrap=True)


def _runs(found: UnitStatus) -> str:
    if found.silent_since is not None:
        return f"runs, but its scheduler has been silent since {clock(found.silent_since)}, so no task does: restart it"
    return "runs" if found.running else "does not run"


def print_unit_status(console: Console, found: UnitStatus) -> None:
    """Print how the service stands."""
    unit = "installed" if found.installed else "not installed: atsn service install"
    if found.installed and not found.current:
        unit = "installed, but not as it would be written now: atsn service install renews it"
    console.print(
        facts(
            [
                ("service", _runs(found)),
                ("unit", f"{found.unit} is {unit}"),
                ("file", found.path),
                ("systemd says", f"{found.enabled}, {found.active}"),
                ("command", shlex.join(found.start)),
            ]
        )
    )
