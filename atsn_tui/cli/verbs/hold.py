"""`atsn hold`: pause a task, a group or the node."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import HeldArgument, YesOption
from atsn_tui.errors import BadInput

app: typer.Typer = single()


@command(app, "hold")
async def hold(
    call: Call,
    which: HeldArgument = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Such as 18:00, 2026-12-24 or '2026-12-24 18:00'."),
    ] = None,
    length: Annotated[
        str | None, typer.Option("--for", metavar="LENGTH", help="Such as 30m, 2h, '1d 12h'.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, for whoever wonders.")] = "",
    listed: Annotated[bool, typer.Option("--list", "-l", help="Only show what is held.")] = False,
    yes: YesOption = False,
) -> int:
    """Pause a task, a group or all of this node: what is due meanwhile does not run.

    Until it is released, or until a time that is given. It holds on this node only; what runs goes on, and
    atsn run still works.
    """
    from atsn_tui.cli.forms.runs import hold_form
    from atsn_tui.cli.text.holds import held, print_holds

    if listed and (which is not None or until is not None or length is not None or note):
        raise BadInput("--list only shows what is held: leave out everything else")
    if until is not None and length is not None:
        raise BadInput("--until and --for both say when it ends: give one of them")
    async with call.node() as node:
        if listed:
            views = await node.holds.list()
            call.answer([hold_form(view) for view in views], lambda console: print_holds(console, views))
            return 0
        end = node.holds.until_at(until) if until is not None else None
        end = node.holds.until_after(length) if length is not None else end
        if which is None and not await _may_hold_all(call, yes):
            return 1
        view = await node.holds.hold(which, end, note)
    call.say(held(view), hold_form(view))
    return 0


async def _may_hold_all(call: Call, yes: bool) -> bool:
    from atsn_tui.cli.confirming import confirmed

    way = "add --yes to do it, or name a task or a group"
    return await confirmed(call, "Hold every task of this node?", "holds every task of this node", yes, way)
