"""`atsn identity`: what other nodes need to know about this one."""

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app = single()


@command(app, "identity")
async def identity(call: Call) -> None:
    """Show what other nodes need to know about this one, with the line that makes it known to them."""
    from atsn_tui.cli.text.identity import print_identity

    async with call.node() as node:
        view = node.identity()
    call.answer(view, lambda console: print_identity(console, view))
