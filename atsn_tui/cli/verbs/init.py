"""`atsn init`: make a node."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app = single()


@command(app, "init")
async def init(
    call: Call,
    name: Annotated[
        str | None, typer.Option("--name", help="The node's name; by default the host's.")
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen", metavar="HOST:PORT", help="Let peers connect here; without it no port opens."
        ),
    ] = None,
) -> None:
    """Make this machine a node. Fails if there already is one."""
    from atsn_tui.cli.text.identity import print_identity
    from atsn_tui.node.node import Node

    home = call.home()
    identity = await Node.init(home, name, listen)
    call.answer(identity, lambda console: print_identity(console, identity, made_in=str(home.path)))
