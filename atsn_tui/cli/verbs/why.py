"""`atsn why`: why a task runs or does not run."""

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import WhichArgument

app: typer.Typer = single()


@command(app, "why")
async def why(call: Call, which: WhichArgument) -> None:
    """Say why a task runs or does not run, and what to do about it."""
    from atsn_tui.cli.forms.runs import why_form
    from atsn_tui.cli.text.why import print_why

    async with call.node() as node:
        view = await node.holds.why(which)
    call.answer(why_form(view), lambda console: print_why(console, view))
