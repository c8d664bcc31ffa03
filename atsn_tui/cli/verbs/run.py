"""`atsn run`: run a task now."""

import asyncio
from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import WhichArgument
from atsn_tui.node.node import Node

app: typer.Typer = single()


@command(app, "run")
async def run(
    call: Call,
    which: WhichArgument,
    wait: Annotated[
        bool,
        typer.Option("--wait", "-w", help="Show what it prints until it ends, and exit with its exit code."),
    ] = False,
) -> int:
    """Run a task now, even one that is disabled or held.

    The service of this node runs it. Prints the id of the run.
    """
    from atsn_tui.cli.forms.runs import run_form
    from atsn_tui.cli.printing import aside
    from atsn_tui.cli.text.clean import clean

    async with call.node() as node:
        asked = await node.runs.start(which)
        begun = f"{asked.text}: run {asked.run_id}"
        if not wait:
            view = await node.runs.get(asked.run_id)
            call.say(f"{begun}; what it prints: atsn log {asked.run_id[:8]}", run_form(view))
            return 0
        if not call.as_json:
            aside(clean(begun))
        return await _waited(call, node, asked.run_id)


async def _waited(call: Call, node: Node, run_id: str) -> int:
    from atsn_tui.cli.following import exit_code, follow, retry_of
    from atsn_tui.cli.forms.runs import run_form
    from atsn_tui.cli.printing import Printing, aside
    from atsn_tui.cli.text.runs import short

    printing = Printing()
    try:
        view = await follow(call, node, run_id, (lambda _: None) if call.as_json else printing)
    except asyncio.CancelledError:
        if not call.as_json:
            aside(f"atsn: the run goes on; to end it: atsn stop {run_id[:8]}")
        raise
    printing.end()
    if call.as_json:
        call.answer(run_form(view), lambda _: None)
    else:
        aside(short(view))
    if retry := await retry_of(node, view):
        call.warn(f"it is tried again, as run {retry.id}, which this command does not wait for")
    return exit_code(view)
