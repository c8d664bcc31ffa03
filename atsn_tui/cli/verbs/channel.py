"""`atsn channel`: what an sshd starts for a peer that logs in."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app = single()


@command(app, "channel", json=False)
async def serve_peer(
    call: Call,
    peer: Annotated[str, typer.Option("--peer", metavar="PEER", help="The peer whose key was let in.")],
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="SHA256:…", help="The key that was let in; no other one is served."),
    ] = None,
) -> None:
    """Serve one peer on standard input and output, for an sshd to start.

    `atsn peer authorize` writes the line for sshd that starts it. No service needs to run.
    """
    from atsn_tui.service.channel import serve_channel

    await serve_channel(call.home(), call.actor(), peer, key, call.passwords())
