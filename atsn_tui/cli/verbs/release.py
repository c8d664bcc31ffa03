"""`atsn release`: end a pause."""

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import HeldArgument

app: typer.Typer = single()


@command(app, "release")
async def release(call: Call, which: HeldArgument = None) -> None:
    """Let a task, a group or this node run again; atsn hold --list shows what is held."""
    from atsn_tui.cli.forms.runs import hold_form
    from atsn_tui.cli.text.holds import released

    async with call.node() as node:
        view = await node.holds.release(which)
    call.say(released(view), {"released": hold_form(view)})
