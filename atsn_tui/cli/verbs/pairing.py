"""`atsn peer invite` and `atsn peer join`: two nodes get to know each other with one line."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.options import YesOption

if TYPE_CHECKING:
    from atsn_tui.model.peer import Direction

InviteGroups = Annotated[
    list[str] | None,
    typer.Option(
        "--group", metavar="GROUP", help="Only for this group; alone it grants pull. May be repeated."
    ),
]
JoinGroups = Annotated[
    list[str] | None,
    typer.Option("--group", metavar="GROUP", help="Only this group, not all that the invite names."),
]
GrantOption = Annotated[
    list[str] | None,
    typer.Option("--grant", metavar="WHAT", help="What the other node may do here: pull, push, status."),
]
FromOption = Annotated[
    list[str] | None,
    typer.Option(
        "--from", metavar="CIDR", help="A network that the other node may come from; may be repeated."
    ),
]
PushOption = Annotated[bool, typer.Option("--push", help="Link the groups at once: this node uploads them.")]
PullOption = Annotated[
    bool, typer.Option("--pull", help="Link the groups at once: this node downloads them.")
]
StrictOption = Annotated[bool, typer.Option("--strict", help="With --push or --pull: a full copy.")]
ScheduleOption = Annotated[
    str | None,
    typer.Option(
        "--schedule", "-s", metavar="WHEN", help="With --push or --pull: by itself, as in 'every 15m'."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Make both commands of that family."""
    command(app, "invite")(invite)
    command(app, "join")(join)


async def invite(
    call: Call,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="What to call it here; else as it calls itself.")
    ] = None,
    grant: GrantOption = None,
    group: InviteGroups = None,
    networks: FromOption = None,
    valid_for: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long the line is valid, as in 10m or 2h.")
    ] = "10m",
    address: Annotated[
        list[str] | None,
        typer.Option("--address", metavar="HOST:PORT", help="Where to reach this node; may be repeated."),
    ] = None,
    push: PushOption = False,
    pull: PullOption = False,
    strict: StrictOption = False,
    schedule: ScheduleOption = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the other node has joined, and say so.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the invites instead.")] = False,
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="ID", help="Withdraw the invite of that id instead.")
    ] = None,
) -> int | None:
    """Print a line with which another node can join this one, once.

    Whoever has the line can join, so send it only to whom it is for.
    """
    from atsn_tui.cli.text.pairing import about, print_invite, print_invites, print_used
    from atsn_tui.errors import BadInput

    if wait and call.as_json:
        raise BadInput("--wait and --json exclude each other: look with atsn peer invite --list --json")

    async with call.node() as node:
        if listed:
            found = await node.pairing.list()
            call.answer(found, lambda console: print_invites(console, found))
            return None
        if revoke is not None:
            gone = await node.pairing.revoke(revoke)
            stays = f"; {gone.used_by} has joined with it, and stays a peer" if gone.used_by else ""
            call.say(f"Invite {gone.id} is withdrawn{stays}", gone)
            return None
        made = await node.pairing.invite(
            name,
            grants=_words(grant),
            groups=group or (),
            allow_from=networks or (),
            valid_for=valid_for,
            addresses=address or (),
            link=_direction(push, pull),
            mode="strict" if strict else "easy",
            schedule=schedule,
        )
        for warning in made.warnings:
            call.warn(warning)
        call.answer(made, lambda console: print_invite(console, made))
        if not call.as_json:
            print(about(made), file=sys.stderr)
        if not wait:
            return None
        ended = await node.pairing.wait(made.invite.id)
        call.answer(ended, lambda console: print_used(console, ended, node.config.name))
    return 0 if ended.state == "used" else 3


async def join(
    call: Call,
    line: Annotated[list[str], typer.Argument(metavar="LINE", help="What atsn peer invite printed there.")],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What to call it here; else as it calls itself."),
    ] = None,
    grant: GrantOption = None,
    group: JoinGroups = None,
    networks: FromOption = None,
    address: Annotated[
        str | None,
        typer.Option(
            "--address", metavar="HOST:PORT", help="Where to reach this node; none: it only connects."
        ),
    ] = None,
    push: PushOption = False,
    pull: PullOption = False,
    strict: StrictOption = False,
    schedule: ScheduleOption = None,
    yes: YesOption = False,
) -> int | None:
    """Join the node that made the line: both know each other then.

    With --push or --pull the groups are linked too, and with --yes replicated at once.
    """
    from atsn_tui.cli.replication import Wish, carry_out
    from atsn_tui.cli.text.pairing import print_joined
    from atsn_tui.errors import BadInput

    direction = _direction(push, pull)
    if yes and direction is None:
        raise BadInput("--yes replicates at once, which needs a link: add --pull or --push")
    async with call.node() as node:
        done = await node.pairing.join(
            " ".join(line),
            name,
            grants=_words(grant),
            groups=group or (),
            allow_from=networks or (),
            address=address,
            link=direction,
            mode="strict" if strict else "easy",
            schedule=schedule,
        )
        if not (yes and call.as_json):
            call.answer(done, lambda console: print_joined(console, done, node.config.name))
        if not yes:
            return None
        only = done.links[0].group if len(done.links) == 1 else None
        return await carry_out(call, node, Wish(group=only, peers=(done.peer.name,)))


def _words(grants: list[str] | None) -> tuple[str, ...]:
    from atsn_tui.cli.grants import split_words

    return split_words(grants) or ()


def _direction(push: bool, pull: bool) -> "Direction | None":
    from atsn_tui.errors import BadInput

    if push and pull:
        raise BadInput("--push and --pull exclude each other: this node uploads, or it downloads")
    return "push" if push else "pull" if pull else None
