"""`atsn stop`: end a run."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app: typer.Typer = single()


@command(app, "stop")
async def stop(
    call: Call,
    which: Annotated[
        str,
        typer.Argument(metavar="RUN", help="The beginning of a run's id, or a task with one run under way."),
    ],
) -> None:
    """End a run: its processes get TERM, and KILL if that does not help.

    A run that waits for its turn does not begin.
    """
    from atsn_tui.cli.forms.runs import run_form

    async with call.node() as node:
        asked = await node.runs.stop(which)
        view = await node.runs.get(asked.run_id)
    call.say(f"{asked.text}: run {view.id}", run_form(view))
