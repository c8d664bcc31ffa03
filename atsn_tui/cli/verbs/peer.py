"""`atsn peer`: the other nodes that this one knows."""

from typing import Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import family
from atsn_tui.cli.options import PeerArgument, YesOption
from atsn_tui.cli.verbs.pairing import add_to

app = family("The other nodes that this one knows.")

GrantOption = Annotated[
    list[str] | None,
    typer.Option(
        "--grant",
        metavar="WHAT",
        help="What it may do here: pull, push, status, or push:GROUP for one group; with commas or repeated.",
    ),
]
FromOption = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="CIDR", help="A network it may come from; may be repeated."),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="HOST:PORT where it listens, or ssh://[USER@]HOST for its sshd; without: it connects to us.",
    ),
]
HostKeyOption = Annotated[
    str | None,
    typer.Option(
        "--host-key",
        metavar="KEY",
        help="The host key it shows: `atsn identity` there tells it; for ssh://, that of its sshd.",
    ),
]


@command(app, "add")
async def add(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it here.")],
    key: Annotated[
        str, typer.Option("--key", metavar="KEY", help="Its public key, as `atsn identity` there shows.")
    ],
    address: AddressOption = None,
    host_key: HostKeyOption = None,
    grant: GrantOption = None,
    networks: FromOption = None,
) -> None:
    """Make another node known here. `atsn identity` on that node prints the line to type."""
    from atsn_tui.cli.grants import check_endpoint, split_words

    check_endpoint(name, address, host_key)
    async with call.node() as node:
        view = await node.peers.add(
            name,
            key,
            address=address,
            host_key=host_key,
            grants=split_words(grant) or (),
            allow_from=split_words(networks) or (),
        )
    may = ", ".join(view.grants) or "nothing"
    call.say(f"Peer {view.name} is known; it may do here: {may}", view)


@command(app, "list")
async def show_all(call: Call) -> None:
    """List the peers and how they stand."""
    from atsn_tui.cli.text.lists import peer_table

    async with call.node() as node:
        peers, groups = await node.peers.list(), await node.groups.list()
    call.answer(peers, lambda console: console.print(peer_table(peers, groups)))


@command(app, "show")
async def show(call: Call, peer: PeerArgument) -> None:
    """Show a peer and how it stands."""
    from atsn_tui.cli.text.details import print_peer

    async with call.node() as node:
        view, groups = await node.peers.get(peer), await node.groups.list()
    call.answer(view, lambda console: print_peer(console, view, groups))


@command(app, "access")
async def access(call: Call) -> None:
    """Show who may do what here, from where, and whom this node last said no to."""
    from atsn_tui.cli.text.access import print_access

    async with call.node() as node:
        view = await node.peers.access()
    call.answer(view, lambda console: print_access(console, view))


@command(app, "test")
async def try_out(call: Call, peer: PeerArgument) -> int:
    """Connect to a peer and tell, step by step, what works and what either side allows the other."""
    from atsn_tui.cli.text.steps import print_steps

    async with call.node() as node:
        test = await node.peers.test(peer)
    call.answer(test, lambda console: print_steps(console, test))
    return test.exit_code


@command(app, "set")
async def change(
    call: Call,
    peer: PeerArgument,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Another name for it here.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", metavar="KEY", help="Its new public key.")] = None,
    address: AddressOption = None,
    host_key: HostKeyOption = None,
    grant: GrantOption = None,
    networks: FromOption = None,
) -> None:
    """Change what is known about a peer. The value none takes away, as in --grant none."""
    from atsn_tui.cli.grants import split_words
    from atsn_tui.errors import BadInput

    if all(option is None for option in (name, key, address, host_key, grant, networks)):
        raise BadInput(f"nothing to change about {peer}: see atsn peer set --help")
    async with call.node() as node:
        before = (await node.peers.get(peer)).name
        view = await node.peers.change(
            peer,
            new_name=name,
            key=key,
            address=address,
            host_key=host_key,
            grants=split_words(grant),
            allow_from=split_words(networks),
        )
        outdated = node.peers.outdated(before, view)
    call.say(f"Peer {view.name} is changed", view)
    if outdated:
        call.warn(outdated)


@command(app, "rm")
async def remove(call: Call, peer: PeerArgument, yes: YesOption = False) -> int:
    """Forget a peer, and remove its links. It can connect no longer."""
    from atsn_tui.cli.confirming import may_go_on
    from atsn_tui.cli.forms.nodes import link_line

    async with call.node() as node:
        found = await node.peers.get(peer)
        groups = [link.group for link in await node.links.list() if link.peer == found.name]
        lost = f", and its links go too: {', '.join(groups)}" if groups else ""
        if not await may_go_on(call, f"{found.name} can connect no longer then{lost}. Remove the peer?", yes):
            return 1
        links = await node.peers.remove(peer)
        outdated = node.peers.outdated(peer, None)
    lost = "".join(f"; its link for {link.group} is removed too" for link in links)
    call.say(f"Peer {peer} is removed{lost}", {"removed": peer, "links": [link_line(link) for link in links]})
    if outdated:
        call.warn(outdated)
    return 0


@command(app, "authorize")
async def authorize(
    call: Call,
    peer: PeerArgument,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="USER", help="Whom it logs in as; only this node's owner can be."),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("--file", metavar="FILE", help="The file, instead of ~/.ssh/authorized_keys."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the line out again.")] = False,
    show: Annotated[bool, typer.Option("--print", help="Only print the line.")] = False,
) -> None:
    """Let a peer in by the sshd that is already there, for replication and nothing else."""
    from atsn_tui.cli.text.authorization import print_authorization
    from atsn_tui.node.peers.authorize import Request
    from atsn_tui.service.unit import this_program

    async with call.node() as node:
        request = Request(this_program(), user=user, file=file, remove=remove, write=not show)
        view = await node.peers.authorize(peer, request)
        name = node.config.name
    call.answer(view, lambda console: print_authorization(console, view, name))


add_to(app)
