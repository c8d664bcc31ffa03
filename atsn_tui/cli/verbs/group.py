"""`atsn group`: the groups on this node."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import family
from atsn_tui.cli.keys import GroupKeys
from atsn_tui.cli.options import GroupArgument, OptionalPairs, SetOption, YesOption

app = family("The groups of tasks on this node.")


@command(app, "add")
async def add(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new group's name.")],
    local: Annotated[bool, typer.Option("--local", help="Never replicate it.")] = False,
) -> None:
    """Make an empty group, replicated unless --local is given."""

    async with call.node() as node:
        group = await node.groups.add(name, replicated=not local)
    call.say(f"Group {group.name} is made: {group.id}", group)


@command(app, "list")
async def show_all(call: Call) -> None:
    """List the groups."""
    from atsn_tui.cli.forms.nodes import group_line
    from atsn_tui.cli.text.lists import group_table

    async with call.node() as node:
        groups = await node.groups.list()
    call.answer([group_line(group) for group in groups], lambda console: console.print(group_table(groups)))


@command(app, "show")
async def show(call: Call, group: GroupArgument) -> None:
    """Show a group and its settings."""
    from atsn_tui.cli.text.details import print_group

    async with call.node() as node:
        view = await node.groups.get(group)
    call.answer(view, lambda console: print_group(console, view))


@command(app, "set", cls=GroupKeys)
async def change(
    call: Call, group: GroupArgument, pairs: OptionalPairs = None, more: SetOption = None
) -> None:
    """Change a group's settings, as in email.when=always or credentials.db.secret=@FILE.

    A secret may be read from a file (@FILE) or from standard input (@-).
    """
    from atsn_tui.cli.pairs import parse_pairs
    from atsn_tui.cli.warnings import warn_if_kept

    values = parse_pairs((*(pairs or ()), *(more or ())), "email.when=always")
    async with call.node() as node:
        view = await node.groups.change(group, values)
    call.say(f"Group {view.name} is changed: {', '.join(values)}", view)
    warn_if_kept(call, view)


@command(app, "rm")
async def remove(call: Call, group: GroupArgument, yes: YesOption = False) -> int:
    """Remove a group with all its tasks from this node. Other nodes keep theirs."""
    from atsn_tui.cli.confirming import may_go_on
    from atsn_tui.cli.forms.nodes import group_line
    from atsn_tui.model.words import plural

    async with call.node() as node:
        view = await node.groups.get(group)
        peers = [link.peer for link in await node.links.list() if link.group_id == view.id]
        lost = f" and its links with {', '.join(peers)}" if peers else ""
        what = f"the group {view.name} with {plural(view.tasks, 'task')}{lost}"
        if not await may_go_on(call, f"Remove {what}?", yes):
            return 1
        await node.groups.remove(view.id)
    call.say(f"Removed: {what}", {"removed": [group_line(view)]})
    return 0


@command(app, "adopt")
async def adopt(
    call: Call,
    group: GroupArgument,
    uuid: Annotated[str, typer.Argument(metavar="UUID", help="The id that the group has on the other node.")],
) -> None:
    """Give a group the id that a group of the same name has on another node, so that they are one."""

    async with call.node() as node:
        view = await node.groups.adopt(group, uuid)
    call.say(f"Group {view.name} now has the id {view.id}", view)


@command(app, "release")
async def release(call: Call, group: GroupArgument) -> None:
    """Let a group that another node keeps by strict replication follow it no longer."""

    async with call.node() as node:
        await node.groups.release(group)
        view = await node.groups.get(group)
    call.say(f"Group {view.name} follows no other node", view)
