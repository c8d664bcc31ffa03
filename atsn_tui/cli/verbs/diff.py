"""`atsn diff`: what replication would change."""

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import OptionalGroup, PeerOption

app: typer.Typer = single()


@command(app, "diff")
async def diff(call: Call, group: OptionalGroup = None, peer: PeerOption = None) -> int:
    """Show what replication would change, and change nothing.

    Exits with 0 when all is in sync, 1 when something differs, else with the highest code of the links.
    """
    from atsn_tui.cli.replication import Wish, preview

    async with call.node() as node:
        return await preview(call, node, Wish(group=group, peers=tuple(peer or ())))
