"""`atsn node`: the options of this node alone."""

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import family
from atsn_tui.cli.options import PairsArgument

app = family("The options of this node alone; they are never replicated.")


@command(app, "show")
async def show(call: Call) -> None:
    """Show the options of this node, those that are not set with their defaults."""
    from atsn_tui.cli.text.options import print_options

    async with call.node() as node:
        view = node.options.get()
    call.answer(view.options, lambda console: print_options(console, view))


@command(app, "set")
async def change(call: Call, pairs: PairsArgument) -> None:
    """Change options of this node, as in connect=off or listen=0.0.0.0:8022. A running service follows at once."""
    from atsn_tui.cli.pairs import parse_pairs

    async with call.node() as node:
        view = await node.options.change(parse_pairs(pairs))
    follows = f"; {view.service}" if view.service else ""
    call.say(f"The options of this node are changed{follows}", view.options)
