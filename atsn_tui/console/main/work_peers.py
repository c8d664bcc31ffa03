"""What the main screen does with peers and links."""

from collections.abc import Sequence

from textual.screen import Screen

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.loading import LoadingPage
from atsn_tui.console.forms.link_form import LinkValues, link_form, new_link_form
from atsn_tui.console.forms.peer_form import PeerValues, peer_form
from atsn_tui.console.lists.document import GAP, Block, Words
from atsn_tui.console.main.asking import confirmed
from atsn_tui.console.main.book import Book
from atsn_tui.model.peer import Direction
from atsn_tui.model.words import plural
from atsn_tui.node.links.links import KEEP
from atsn_tui.node.peers.views import PeerTest, PeerView
from atsn_tui.node.views import LinkView


async def add_peer(screen: Screen[None], desk: Desk) -> str | None:
    """Ask for a new peer and add it; its id."""
    added: list[str] = []

    async def save(values: PeerValues) -> None:
        peer = await desk.node.peers.add(
            values.name,
            values.key,
            values.address or None,
            values.host_key or None,
            values.grants,
            values.allow_from,
        )
        added.append(peer.id)

    await screen.app.push_screen_wait(peer_form(None, desk.node.identity(), save))
    return added[0] if added else None


async def edit_peer(screen: Screen[None], desk: Desk, peer: PeerView) -> None:
    """Edit a peer."""

    async def save(values: PeerValues) -> None:
        await desk.node.peers.change(
            peer.name,
            new_name=values.name,
            key=values.key if values.key != peer.public_key else None,
            address=values.address or "none",
            host_key=(values.host_key or None) if values.address else None,
            grants=values.grants,
            allow_from=values.allow_from,
        )

    await screen.app.push_screen_wait(peer_form(peer, desk.node.identity(), save))


async def delete_peer(screen: Screen[None], desk: Desk, peer: PeerView, links: Sequence[LinkView]) -> None:
    """Forget a peer, after a question."""
    sentences = [
        f"{peer.name} can no longer connect to this node, and {plural(len(links), 'link')} with it end.",
        "Groups and tasks stay as they are, on both sides.",
    ]
    if await confirmed(screen, f"Delete the peer {peer.name}?", sentences, "Delete"):
        await desk.node.peers.remove(peer.name)
        desk.tell(screen, f"Deleted the peer {peer.name}.")


async def try_connection(screen: Screen[None], desk: Desk, peer: PeerView) -> None:
    """Test the connection to a peer and show each step."""

    async def load() -> list[Block]:
        return _steps(await desk.node.peers.test(peer.name))

    waiting = f"Testing the connection to {peer.name} …"
    await screen.app.push_screen_wait(LoadingPage(desk, f"Connection to {peer.name}", waiting, load))


def _steps(test: PeerTest) -> list[Block]:
    blocks: list[Block] = []
    for step in test.steps:
        match step.ok:
            case True:
                blocks.append(Words(f"{step.name}: {step.detail or 'works'}", lead="✓ "))
            case False:
                blocks += [Words(f"{step.name} failed", "bad", lead="✗ "), Words(step.detail, indent=2)]
            case None:
                blocks.append(Words(f"{step.name}: not reached", "muted", lead="· "))
    verdict = ("Everything works.", "good") if test.ok else ("The first failed step is what to mend.", "warn")
    return [*blocks, GAP, Words(verdict[0], "good" if test.ok else "warn")]


async def add_link(screen: Screen[None], desk: Desk, book: Book, group: str, peer: str) -> None:
    """Ask for a new link and make it."""
    if not book.peers:
        desk.tell(screen, "A link needs a peer first: press p to connect one.", "warning")
        return

    async def save(values: LinkValues) -> None:
        await desk.node.links.add(
            values.group,
            values.peer,
            values.direction,
            values.mode,
            values.schedule,
            "ask" if values.ask else "auto",
            values.max_deletions,
        )

    offered = {each.name: book.offered.get(each.id, ()) for each in book.peers}
    chosen = peer or book.peers[0].name
    direction: Direction = "push" if any(each.replicated for each in book.groups) else "pull"
    if direction == "pull" and not group:
        group = next(iter(offered[chosen]), "")
    await screen.app.push_screen_wait(new_link_form(offered, group, chosen, direction, save))


async def edit_link(screen: Screen[None], desk: Desk, link: LinkView) -> None:
    """Edit a link."""

    async def save(values: LinkValues) -> None:
        await desk.node.links.change(
            link.id,
            mode=values.mode,
            schedule=values.schedule,
            apply="ask" if values.ask else "auto",
            max_deletions=KEEP if values.max_deletions == link.max_deletions else values.max_deletions,
        )

    await screen.app.push_screen_wait(link_form(link, save))


async def switch_link(screen: Screen[None], desk: Desk, link: LinkView) -> None:
    """Switch a link on or off."""
    await desk.node.links.change(link.id, enabled=not link.enabled)
    desk.tell(
        screen, f"The link of {link.group} with {link.peer} is switched {'off' if link.enabled else 'on'}."
    )


async def delete_link(screen: Screen[None], desk: Desk, link: LinkView) -> None:
    """Delete a link, after a question."""
    sentences = [f"{link.group} is no longer replicated by it. Tasks stay as they are, on both sides."]
    if await confirmed(screen, f"Delete the link of {link.group} with {link.peer}?", sentences, "Delete"):
        await desk.node.links.remove(link.id)
        desk.tell(screen, f"Deleted the link of {link.group} with {link.peer}.")
