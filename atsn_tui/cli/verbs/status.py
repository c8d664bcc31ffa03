"""`atsn status`: the node at a glance."""

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import single

app = single()


@command(app, "status")
async def status(call: Call) -> int:
    """Show how this node, its groups, peers and links stand.

    Exits with 1 when no service runs though a task or link has a schedule, when a link failed, is held, waits
    for a person or is behind, or when the last run of a task failed.
    """
    from atsn_tui.cli.forms.nodes import status_form
    from atsn_tui.cli.text.status import print_status

    async with call.node() as node:
        view = await node.status()
    call.answer(status_form(view), lambda console: print_status(console, view))
    return 0 if view.healthy else 1
