"""`atsn give-back`: let cron run again what was taken over from it."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import OwnCrontabOption, UserCrontabsOption, YesOption

app = single()


@command(app, "give-back")
async def give_back(
    call: Call,
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="WHAT", help="Crontab files, groups and tasks; everything without any."),
    ] = None,
    own: OwnCrontabOption = False,
    users: UserCrontabsOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only show what would change.")] = False,
    yes: YesOption = False,
) -> int:
    """Let cron run again what was taken over from it.

    The lines are put back exactly as they were, and their tasks are disabled. Without WHAT, everything that
    this node has taken over is given back; that asks on a terminal and needs --yes elsewhere.
    """
    from atsn_tui.cli.giving import give_back as give
    from atsn_tui.cli.imports import crontabs_of

    words = [*(what or []), *(place.source for place in crontabs_of(own, users or []))]
    async with call.node() as node:
        return await give(call, node, words, dry_run=dry_run, yes=yes)
