"""What the main screen does with invites, and the table of who may do what."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.screen import Screen

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.confirm import Confirm
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.dialogs.waiting import WaitingPage
from atsn_tui.console.forms.form import Values
from atsn_tui.console.forms.pairing_forms import Wish, invite_form, join_form, wish, words
from atsn_tui.console.lists.document import GAP, Block, Fact, Words
from atsn_tui.node.pairing.views import NewInvite, OfferView
from atsn_tui.node.peers.views import AccessView, PeerAccess, RefusalView


@dataclass(frozen=True)
class Joined:
    """Who was joined, and which of its groups this node may take over."""

    peer_id: str
    takes: tuple[str, ...]


async def invite(screen: Screen[None], desk: Desk, group: str) -> None:
    """Ask what an invite shall be for, make it, and show its line until it is used."""
    made: list[NewInvite] = []
    pairing = desk.node.pairing

    async def save(values: Values) -> None:
        made.append(
            await pairing.invite(
                values["name"] or None,
                grants=words(values["grants"]),
                groups=words(values["groups"]),
                allow_from=words(values["allow_from"]),
                valid_for=values["valid_for"],
                link=wish(values),
            )
        )

    await screen.app.push_screen_wait(invite_form(group, save))
    if made:
        fresh = made[-1]
        until = desk.clock.full(fresh.invite.expires_at)
        here = desk.node.config.name
        await screen.app.push_screen_wait(
            WaitingPage(fresh, here, until, lambda: pairing.get(fresh.invite.id))
        )


async def join(screen: Screen[None], desk: Desk) -> Joined | None:
    """Ask for a line, show whose it is, and join."""
    looked: list[tuple[Values, OfferView]] = []

    async def look(values: Values) -> None:
        looked.append((values, await desk.node.pairing.look(values["line"])))

    await screen.app.push_screen_wait(join_form(look))
    if not looked:
        return None
    values, offer = looked[-1]
    grants, takes = words(values["grants"]), _to_take(offer)
    link = wish(values, takes)
    if not await screen.app.push_screen_wait(
        Confirm(f"Join {offer.name}?", _offer(offer, values["name"], grants, link, takes), "Join")
    ):
        return None
    done = await desk.node.pairing.join(
        values["line"],
        values["name"] or None,
        grants=grants,
        groups=takes if link == "pull" else (),
        allow_from=words(values["allow_from"]),
        link=link,
    )
    told = [f"{done.peer.name} and this node know each other now.", *done.notes]
    told += [f"{link.group} is linked." for link in done.links]
    desk.tell(screen, " ".join(told))
    return Joined(done.peer.id, takes)


async def show_access(screen: Screen[None], desk: Desk) -> None:
    """Show who may do what here, and whom this node last said no to."""
    view = await desk.node.peers.access()
    await screen.app.push_screen_wait(Page("Who may do what here", _access(view, desk)))


def _to_take(offer: OfferView) -> tuple[str, ...]:
    """The groups of the invite that this node may take over."""
    return tuple(name for name in offer.groups if {"pull", f"pull:{name}"} & set(offer.grants))


def _offer(
    offer: OfferView, name: str, grants: tuple[str, ...], link: Wish, takes: Sequence[str]
) -> list[Block]:
    known = f", known here as {offer.known_as}" if offer.known_as else ""
    blocks: list[Block] = [
        Fact("name", f"{offer.name}{known}"),
        Fact("address", offer.address),
        Fact("its key", offer.fingerprint),
        Fact("calls us", offer.called),
        Fact("we may there", ", ".join(offer.grants) or "nothing"),
        Fact("it may here", ", ".join(grants) or "nothing"),
    ]
    if offer.groups:
        blocks.insert(4, Fact("about", ", ".join(offer.groups)))
    if link is not None:
        groups = ", ".join(takes if link == "pull" else offer.groups)
        linked = f"take over {groups}" if link == "pull" else f"send {groups}"
        blocks.append(Fact("we link", f"{linked}, by hand only at first"))
    if name:
        blocks.append(Fact("we call it", name))
    return blocks


def _access(view: AccessView, desk: Desk) -> list[Block]:
    blocks: list[Block] = [
        Fact("connects", "to peers" if view.connect else "to nobody: it only waits"),
        Fact("listens on", view.listen or "no port: nobody can connect to it"),
    ]
    if view.open_invites:
        blocks.append(Fact("open invites", str(view.open_invites)))
    if view.strangers is not None:
        blocks.append(Fact("strangers", _refused(view.strangers, desk), "warn"))
    for peer in view.peers:
        blocks += [GAP, *_peer(peer, desk)]
    if not view.peers:
        blocks += [GAP, Words("There are no peers yet: press P to invite one.", "muted")]
    return blocks


def _peer(peer: PeerAccess, desk: Desk) -> list[Block]:
    modes = (("pull", peer.pull), ("push", peer.push), ("status", peer.status))
    allowed = [
        f"{mode} {'all groups' if names == ('*',) else ', '.join(names)}" for mode, names in modes if names
    ]
    blocks: list[Block] = [
        Words(peer.name, "strong"),
        Fact("may here", "; ".join(allowed) or "nothing"),
        Fact("from", ", ".join(peer.allow_from) or "anywhere"),
    ]
    if peer.last_refusal is not None:
        blocks.append(Fact("refused", _refused(peer.last_refusal, desk), "warn"))
    return blocks


def _refused(refusal: RefusalView, desk: Desk) -> str:
    return f"{desk.clock.full(refusal.at)}, {refusal.count}×, from {refusal.address}: {refusal.reason}"
