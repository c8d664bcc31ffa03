"""`atsn history`: what was changed in a group."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import GroupArgument

app: typer.Typer = single()


@command(app, "history")
async def history(
    call: Call,
    group: GroupArgument,
    number: Annotated[
        int | None, typer.Argument(metavar="N", min=1, help="Show this change with all its fields.")
    ] = None,
    older: Annotated[
        int | None,
        typer.Option("--from", metavar="N", min=0, help="Show what is different since change N."),
    ] = None,
    newer: Annotated[
        int | None,
        typer.Option("--to", metavar="N", min=0, help="With --from: not until now, but until change N."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, max=100_000, help="Not more than so many.")
    ] = 30,
) -> None:
    """Show what was changed in a group, when, by whom and from where; the latest first.

    The numbers are those that undo takes. A group that was removed still has its history.
    """
    from atsn_tui.cli.text.history import print_change, print_difference, print_history
    from atsn_tui.errors import BadInput

    if newer is not None and older is None:
        raise BadInput("--to needs --from: give both changes, as in --from 3 --to 7")
    if number is not None and older is not None:
        raise BadInput("give either the number of a change or --from, not both")
    async with call.node() as node:
        if number is not None:
            shown = await node.history.show(group, number)
            call.answer(shown, lambda console: print_change(console, shown))
        elif older is not None:
            difference = await node.history.between(group, older, newer)
            call.answer(difference, lambda console: print_difference(console, difference))
        else:
            found = await node.history.list(group, limit)
            call.answer({"changes": found}, lambda console: print_history(console, group, found))
