"""Who may do what here, as text."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.moments import moment
from atsn_tui.cli.text.tables import facts, table
from atsn_tui.node.peers.views import AccessView, RefusalView


def print_access(console: Console, view: AccessView) -> None:
    """Print what this node does by itself, what each peer may do here, and the last refusals."""
    listens = view.listen or "no port: nobody can connect to it"
    if view.listen and view.service == "stopped":
        listens = f"{view.listen}, while a service runs; none does"
    pairs = [
        ("node", view.name),
        ("connects", "to peers" if view.connect else "to nobody: it only waits"),
        ("listens on", listens),
        ("open invites", str(view.open_invites) if view.open_invites else None),
        ("strangers", f"last refused {refused(view.strangers)}" if view.strangers else None),
    ]
    console.print(facts(pairs))
    console.print()
    if not view.peers:
        console.print("There are no peers yet: atsn peer invite")
        return
    rows = [
        (
            peer.name,
            _groups(peer.pull),
            _groups(peer.push),
            _groups(peer.status),
            ", ".join(peer.allow_from) or "anywhere",
            moment(peer.last_refusal.at) if peer.last_refusal else "–",
        )
        for peer in view.peers
    ]
    console.print(table(("PEER", "PULL", "PUSH", "STATUS", "FROM", "REFUSED"), rows, whole=("REFUSED",)))
    for peer in view.peers:
        if peer.last_refusal is not None:
            told = f"{peer.name} was refused {refused(peer.last_refusal)}"
            console.print(Text(clean(told)), soft_wrap=True)


def refused(refusal: RefusalView) -> str:
    """When, from where, how often, and why."""
    often = f", {refusal.count} times so far" if refusal.count > 1 else ""
    return f"{moment(refusal.at)}, coming from {refusal.address}{often}: {refusal.reason}"


def _groups(names: Sequence[str]) -> str:
    return "all groups" if tuple(names) == ("*",) else ", ".join(names) or "–"
