"""`atsn agenda`: what ran, what failed, and what comes."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import OptionalGroup

app: typer.Typer = single()


@command(app, "agenda")
async def agenda(
    call: Call,
    group: OptionalGroup = None,
    hours: Annotated[
        int,
        typer.Option(
            "--hours", metavar="N", min=1, max=168, help="How many hours to look back, and as many ahead."
        ),
    ] = 24,
) -> None:
    """Show what ran, what failed, what comes next and what falls together."""
    import msgspec

    from atsn_tui.cli.text.agenda import print_agenda

    async with call.node() as node:
        view = await node.agenda.show(group, hours)
    call.answer(msgspec.to_builtins(view), lambda console: print_agenda(console, view))
