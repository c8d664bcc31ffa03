"""`atsn undo`: bring an earlier state of a group back."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import GroupArgument, YesOption

app: typer.Typer = single()


@command(app, "undo")
async def undo(
    call: Call,
    group: GroupArgument,
    to: Annotated[
        int | None,
        typer.Option(
            "--to",
            metavar="N",
            min=1,
            help="Back to the state after change N, as atsn history shows it; without it, before the last change.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only show what would change.")] = False,
    yes: YesOption = False,
) -> int:
    """Bring an earlier state of a group back: show what changes, ask, and do it.

    It is a new change, and can be undone. A group that was removed comes back. Where nobody can be asked,
    nothing is undone unless --yes is given, and the exit code is 1 if something differs.
    """
    from atsn_tui.cli.ask import agreed, someone_there
    from atsn_tui.cli.text.history import print_undo, undone

    async with call.node() as node:
        shown = await node.history.preview_undo(group, to)
        nothing = shown.state == "in_sync"
        ask = not yes and not dry_run and not call.as_json and someone_there()
        if nothing or not yes:
            call.answer(shown, lambda console: print_undo(console, shown))
        if nothing:
            return 0
        if not yes and not ask:
            if not dry_run and not call.as_json:
                call.warn("nothing was undone: add --yes to undo this where nobody can be asked")
            return 1
        if ask and not await agreed("Undo this?"):
            call.warn("nothing was undone")
            return 1
        done = await node.history.undo(shown)
    call.say(undone(done), done)
    return 0
