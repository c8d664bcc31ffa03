"""`atsn identity`: what other nodes need to know about this one."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single
from atsn_tui.cli.options import YesOption

app = single()

NewOption = Annotated[bool, typer.Option("--new", help="Make this clone of another node a node of its own.")]


@command(app, "identity")
async def identity(call: Call, new: NewOption = False, yes: YesOption = False) -> int:
    """Show what other nodes need to know about this one, with the line that makes it known to them.

    With --new, make this node, a clone of another one, a node of its own: new ids and keys, unknown to every peer.
    It is held then, since the other one runs the same tasks. What was there is kept aside.
    """
    from atsn_tui.cli.text.identity import print_identity

    if new and not await _renewed(call, yes):
        return 1

    async with call.node() as node:
        view = node.identity()
    call.answer(view, lambda console: print_identity(console, view))
    return 0


async def _renewed(call: Call, yes: bool) -> bool:
    """Whether the node has a new identity now."""
    from atsn_tui.cli.confirming import may_remove
    from atsn_tui.cli.passwords import ask, may_type
    from atsn_tui.node.backup.restore import renew

    if not await may_remove(call, "what peers know this node by", yes):
        return False
    done = await renew(call.home(), call.actor(), call.passwords(), ask if may_type() else None)
    call.warn(
        "this node has new ids and keys, and every task of it is held; the old files, with the keys that it shared,"
        f" are in {done.aside}. Give it another name in config.toml, make it known to its peers, and let it run with:"
        " atsn release"
    )
    return True
