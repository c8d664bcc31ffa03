"""`atsn service`: let systemd run the node."""

from typing import TYPE_CHECKING, Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import family

if TYPE_CHECKING:
    from atsn_tui.service.unit import Unit

app = family("Let systemd run the node.")

UserOption = Annotated[bool, typer.Option("--user", help="A service of your own; the default but for root.")]
SystemOption = Annotated[
    bool, typer.Option("--system", help="A service of the machine; the default for root.")
]
UnitOption = Annotated[
    str, typer.Option("--unit", metavar="NAME", help="The unit's name, for a second node on this machine.")
]
RootOption = Annotated[
    str | None,
    typer.Option("--root", metavar="DIR", help="Work on the system below DIR, and do not talk to systemd."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", "-n", help="Only show what would be done.")]


@command(app, "install")
async def install(
    call: Call,
    user: UserOption = False,
    system: SystemOption = False,
    unit: UnitOption = "atsn",
    root: RootOption = None,
    start: Annotated[
        bool, typer.Option("--start/--no-start", help="Enable and start it, or only write it.")
    ] = True,
    credential: Annotated[
        str | None,
        typer.Option("--credential", metavar="FILE", help="Where the password of an encrypted node stands."),
    ] = None,
    dry_run: DryRunOption = False,
) -> None:
    """Write a systemd unit for this node, have it checked, enable and start it.

    Installed again, after an upgrade or a move, the unit is written anew and restarted if it changed. No job
    is ended by that.
    """
    import msgspec

    from atsn_tui.cli.text.service import print_installed
    from atsn_tui.service import install as systemd

    call.home().check()
    done = systemd.install(_unit(call, user, system, unit, root, credential), start=start, dry_run=dry_run)
    call.answer(
        msgspec.to_builtins(done), lambda console: print_installed(console, done, user=_is_user(user, system))
    )


@command(app, "uninstall")
async def uninstall(
    call: Call,
    user: UserOption = False,
    system: SystemOption = False,
    unit: UnitOption = "atsn",
    root: RootOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Stop the service and remove its unit. Jobs that run are not ended."""
    import msgspec

    from atsn_tui.cli.text.service import print_uninstalled
    from atsn_tui.service import install as systemd

    done = systemd.uninstall(_unit(call, user, system, unit, root), dry_run=dry_run)
    call.answer(msgspec.to_builtins(done), lambda console: print_uninstalled(console, done))
    await _warn_of_taken_over(call)


@command(app, "status")
async def status(
    call: Call,
    user: UserOption = False,
    system: SystemOption = False,
    unit: UnitOption = "atsn",
    root: RootOption = None,
) -> int:
    """Show how the service stands. Exits with 1 when none runs for this node."""
    import msgspec

    from atsn_tui.cli.text.service import print_unit_status
    from atsn_tui.service import install as systemd

    found = systemd.status(_unit(call, user, system, unit, root))
    call.answer(msgspec.to_builtins(found), lambda console: print_unit_status(console, found))
    return 0 if found.running else 1


def _is_user(user: bool, system: bool) -> bool:
    import os

    from atsn_tui.errors import BadInput

    if user and system:
        raise BadInput("--user and --system exclude each other: give one of them")
    return user or (not system and os.geteuid() != 0)


def _unit(
    call: Call, user: bool, system: bool, name: str, root: str | None, credential: str | None = None
) -> "Unit":
    import os
    import pwd
    from pathlib import Path

    from atsn_tui.errors import Refused
    from atsn_tui.service.unit import Unit, this_program

    is_user = _is_user(user, system)
    if not is_user and os.geteuid() != 0 and root is None:
        raise Refused("a service of the machine is for root: use sudo, or --user for a service of your own")
    environment = {"HOME": pwd.getpwuid(os.geteuid()).pw_dir}
    if is_user:
        environment |= {key: os.environ[key] for key in ("HOME", "XDG_CONFIG_HOME") if os.environ.get(key)}
    return Unit(
        home=call.home(),
        scope="user" if is_user else "system",
        program=this_program(),
        environment=environment,
        name=name,
        root=Path(os.path.abspath(root or "/")),
        credential=None if credential is None else _checked(os.path.abspath(credential)),
    )


def _checked(path: str) -> str:
    """The path, if there is a password that only its owner can read."""
    from atsn_tui.home.password import read_password

    read_password(path)
    return path


async def _warn_of_taken_over(call: Call) -> None:
    """Tell who nobody runs now."""
    from atsn_tui.errors import AtsnError

    try:
        async with call.node() as node:
            views = await node.takeover.give([], dry_run=True)
    except AtsnError:
        return  # the node is gone, and nothing is known of it
    lines = sum(len(view.given) for view in views)
    if lines:
        call.warn(
            f"{'1 line' if lines == 1 else f'{lines} lines'} of {', '.join(view.source for view in views)} "
            f"{'is' if lines == 1 else 'are'} taken over from cron, and without a service nobody runs "
            f"{'it: give it' if lines == 1 else 'them: give them'} back with: atsn give-back"
        )
