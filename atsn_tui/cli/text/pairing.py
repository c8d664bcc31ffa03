"""Invites and what came of them, as text."""

from collections.abc import Sequence

from rich.console import Console

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import clock, moment
from atsn_tui.cli.text.tables import table
from atsn_tui.node.pairing.views import InviteView, JoinView, NewInvite

_COLUMNS = ("NODE", "MAY DO", "ON", "COMING FROM", "REACHED AT")


def print_invite(console: Console, made: NewInvite) -> None:
    """Print the one line to type on the other machine, and nothing else, so that it can be copied or piped."""
    console.print(made.command, soft_wrap=True)


def about(made: NewInvite) -> str:
    """What a person should know about a fresh line, in one sentence."""
    may = ", ".join(made.invite.grants) or "nothing"
    return (
        f"Type that line on the other machine before {clock(made.invite.expires_at)}. "
        f"It works once, and whoever has it can join; who joins may do here: {may}"
    )


def print_invites(console: Console, invites: Sequence[InviteView]) -> None:
    """Print invites, with what became of them."""
    rows = [
        (
            each.id,
            _state(each),
            each.name or "–",
            ", ".join(each.grants) or "–",
            ", ".join(each.allow_from) or "anywhere",
            each.used_by or "–",
        )
        for each in invites
    ]
    console.print(table(("ID", "STATE", "FOR", "MAY HERE", "FROM", "USED BY"), rows, whole=("ID", "STATE")))


def print_used(console: Console, view: InviteView, here: str) -> None:
    """Print how an invite ended."""
    if view.state != "used" or view.used_by is None:
        console.print(f"Nobody joined: the invite is {view.state}")
        return
    console.print(clean(f"{view.used_by} has joined, from {view.used_from}"), soft_wrap=True)
    console.print()
    rows = [
        (view.used_by, _may(view.grants), here, _anywhere(view.allow_from), view.used_at_address or "–"),
        (here, _may(view.allows_us), view.used_by, "–", "–"),
    ]
    console.print(table(_COLUMNS, rows))


def print_joined(console: Console, done: JoinView, here: str) -> None:
    """Print who was joined, and what each side now allows."""
    peer = done.peer
    console.print(clean(f"{here} and {peer.name} know each other now"), soft_wrap=True)
    console.print()
    rows = [
        (peer.name, _may(done.peer_may), here, _anywhere(peer.allow_from), peer.address or "–"),
        (
            done.called,
            _may(done.allows_us),
            peer.name,
            _anywhere(done.from_),
            done.address or "nothing: it only connects",
        ),
    ]
    console.print(table(_COLUMNS, rows))
    for link in done.links:
        where = "to" if link.direction == "push" else "from"
        console.print(
            clean(f"{link.group} is linked: {link.direction} {where} {link.peer}, {link.mode}"),
            soft_wrap=True,
        )
    for note in done.notes:
        console.print(clean(note), soft_wrap=True)


def _state(view: InviteView) -> str:
    match view.state:
        case "open":
            return f"● open, ends {moment(view.expires_at)}"
        case "used":
            return f"✓ used {moment(view.used_at)}"
        case "expired":
            return f"○ expired {moment(view.expires_at)}"
        case "closed":
            return "✗ closed: wrong secrets were tried"


def _may(grants: Sequence[str]) -> str:
    return ", ".join(grants) or "nothing"


def _anywhere(networks: Sequence[str]) -> str:
    return ", ".join(networks) or "anywhere"
