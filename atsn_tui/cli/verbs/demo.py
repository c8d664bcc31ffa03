"""`atsn demo`: three nodes of one's own."""

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app: typer.Typer = single()


@command(app, "demo", json=False, home=False)
async def demo(call: Call) -> int:
    """Try ATSN with three nodes in a temporary place, and leave nothing behind.

    On a terminal it opens the console on one of them. Elsewhere it plays a scene of commands and exits with 0
    only if the nodes end up as they must.
    """
    from atsn_tui.cli.demo.run import run_demo

    return await run_demo()
