"""`atsn link`: which group is replicated with which peer, and how."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import family
from atsn_tui.cli.options import GroupArgument, LinkArgument, PeerArgument, YesOption

app = family("Which group is replicated with which peer, and how.")

StrictOption = Annotated[bool, typer.Option("--strict", help="Make the receiver a full copy.")]
EasyOption = Annotated[
    bool, typer.Option("--easy", help="Bring only what is newer or missing; delete nothing.")
]
ScheduleOption = Annotated[
    str | None,
    typer.Option("--schedule", "-s", metavar="WHEN", help="Replicate by itself, as in 'every 15m'."),
]
ManualOption = Annotated[bool, typer.Option("--manual", help="Replicate by hand only.")]
DeletionsOption = Annotated[
    int | None, typer.Option("--max-deletions", metavar="N", min=0, help="The brake's limit for this link.")
]


@command(app, "add")
async def add(
    call: Call,
    group: GroupArgument,
    peer: PeerArgument,
    push: Annotated[bool, typer.Option("--push", help="This node is the primary and uploads.")] = False,
    pull: Annotated[
        bool, typer.Option("--pull", help="The peer is the primary; this node downloads.")
    ] = False,
    strict: StrictOption = False,
    easy: EasyOption = False,
    schedule: ScheduleOption = None,
    manual: ManualOption = False,
    ask: Annotated[bool, typer.Option("--ask", help="Let scheduled changes wait for a person.")] = False,
    max_deletions: DeletionsOption = None,
) -> None:
    """Replicate a group with a peer; easy and by hand unless told otherwise.

    For --pull the group need not exist here yet: it comes with the first replication.
    """
    from atsn_tui.cli.forms.nodes import link_line
    from atsn_tui.cli.link_options import chosen_mode, chosen_schedule, direction_of

    direction, mode = direction_of(group, peer, push, pull), chosen_mode(strict, easy)
    given, when = chosen_schedule(schedule, manual)
    async with call.node() as node:
        link = await node.links.add(
            group,
            peer,
            direction,
            mode=mode or "easy",
            schedule=when if given else None,
            apply="ask" if ask else "auto",
            max_deletions=max_deletions,
        )
    where = "to" if direction == "push" else "from"
    call.say(
        f"{link.group} is linked: {direction} {where} {link.peer}, {link.mode}, id {link.id}", link_line(link)
    )


@command(app, "list")
async def show_all(call: Call) -> None:
    """List the links and what their last rounds found."""
    from atsn_tui.cli.forms.nodes import link_line
    from atsn_tui.cli.text.lists import NO_LINKS, link_table

    async with call.node() as node:
        links = await node.links.list()
    call.answer(
        [link_line(link) for link in links],
        lambda console: console.print(link_table(links) if links else NO_LINKS),
    )


@command(app, "show")
async def show(call: Call, link: LinkArgument) -> None:
    """Show a link and its last round in full."""
    from atsn_tui.cli.chosen import chosen_link
    from atsn_tui.cli.text.details import print_link

    async with call.node() as node:
        view = await chosen_link(node, link)
    call.answer(view, lambda console: print_link(console, view))


@command(app, "set")
async def change(
    call: Call,
    link: LinkArgument,
    strict: StrictOption = False,
    easy: EasyOption = False,
    schedule: ScheduleOption = None,
    manual: ManualOption = False,
    ask: Annotated[
        bool | None, typer.Option("--ask/--auto", help="Whether scheduled changes wait for a person.")
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether it is used at all.")
    ] = None,
    max_deletions: DeletionsOption = None,
    default_deletions: Annotated[
        bool, typer.Option("--default-deletions", help="Take the node's limit for the brake again.")
    ] = False,
) -> None:
    """Change a link."""
    from atsn_tui.cli.chosen import chosen_link
    from atsn_tui.cli.forms.nodes import link_line
    from atsn_tui.cli.link_options import link_changes

    changes = link_changes(strict, easy, schedule, manual, ask, enabled, max_deletions, default_deletions)
    async with call.node() as node:
        view = await chosen_link(node, link)
        view = await node.links.change(view.id, **changes)
    call.say(f"Link {view.group}, {view.peer} is changed", link_line(view))


@command(app, "rm")
async def remove(call: Call, link: LinkArgument, yes: YesOption = False) -> int:
    """Remove a link. The group stays, on both sides."""
    from atsn_tui.cli.chosen import chosen_link
    from atsn_tui.cli.confirming import may_go_on
    from atsn_tui.cli.forms.nodes import link_line

    async with call.node() as node:
        view = await chosen_link(node, link)
        what = (
            f"{view.group} is then no longer replicated with {view.peer}, and stays on both sides as it is."
        )
        if not await may_go_on(call, f"{what} Remove the link?", yes):
            return 1
        view = await node.links.remove(view.id)
    call.say(
        f"Link {view.group}, {view.peer} is removed; the group stays on both sides",
        {"removed": [link_line(view)]},
    )
    return 0
