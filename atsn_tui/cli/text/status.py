"""The node at a glance, as text."""

import shlex
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from atsn_tui.cli.text.access import refused
from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.holds import print_holds
from atsn_tui.cli.text.lists import NO_LINKS, group_table, link_table, peer_table
from atsn_tui.cli.text.moments import clock
from atsn_tui.cli.text.runs import print_runs
from atsn_tui.cli.text.tables import facts
from atsn_tui.node.peers.views import RefusalView
from atsn_tui.node.status import SOUND
from atsn_tui.node.views import StatusView

_NEWS = timedelta(days=1)
"""For so long a refusal is told."""

_TOGETHER = timedelta(minutes=1)
"""A peer that is let in so soon after a refusal may have been refused one thing of several."""


def print_status(console: Console, view: StatusView) -> None:
    """Print the node, its groups, peers and links, what is held, and what needs a person."""
    service = Text("● running", style="green")
    if view.service == "stopped":
        service = Text("○ stopped: tasks do not run; start it with: atsn serve", style="yellow")
    elif view.silent_since is not None:
        since = clock(view.silent_since)
        service = Text(
            f"✗ running, but its scheduler has been silent since {since}: tasks do not run", style="red"
        )
    pairs: list[tuple[str, str | Text]] = [
        ("node", f"{view.name}  (ATSN {view.version})"),
        ("service", service),
        ("listens on", view.listen or "–"),
    ]
    console.print(facts(pairs))
    _section(console, "Groups", group_table(view.groups), bool(view.groups), "none yet: atsn group add NAME")
    _section(
        console,
        "Peers",
        peer_table(view.peers, view.groups),
        bool(view.peers),
        "none yet: atsn peer invite here and atsn peer join there, or the other way round",
    )
    _section(
        console,
        "Links",
        link_table(view.links),
        bool(view.links),
        NO_LINKS,
    )
    for group in view.groups:
        if group.intake_paused is not None:
            console.print()
            text = f"{group.name} takes nothing from peers, {group.intake_paused}, who undid here; to take it again:"
            line = f"‖ {text} atsn release {shlex.quote(group.name)}"
            console.print(Text(clean(line), style="yellow"), soft_wrap=True)
    if view.holds:
        console.print()
        console.print(Text("Held", style="bold underline"))
        print_holds(console, view.holds)
    if view.failing:
        console.print()
        console.print(Text("Failed", style="bold underline"))
        print_runs(console, view.failing, of="node")
    console.print()
    for name, error in _errors(view).items():
        told = error if error.startswith(name) else f"{name}: {error}"
        console.print(Text(f"✗ {clean(told)}", style="red"))
    for trouble in view.troubles:
        console.print(Text(f"✗ {clean(trouble.text)}", style="red"))
    for peer in view.peers:
        if peer.last_refusal is not None and _stands(peer.last_refusal, peer.last_contact):
            told = f"{peer.name} was refused {refused(peer.last_refusal)}"
            console.print(Text(f"▲ {clean(told)}", style="yellow"), soft_wrap=True)
    if view.healthy:
        console.print(Text("✓ nothing needs attention", style="green"))
    else:
        console.print(Text(f"▲ something needs attention: {_where_to_look(view)}", style="yellow"))


def _where_to_look(view: StatusView) -> str:
    hints = []
    if view.silent_since is not None:
        hints.append("restart the service")
    hints += [
        f"restart the service of {clean(peer.name)}" for peer in view.peers if peer.silent_since is not None
    ]
    if view.failing:
        hints.append(f"atsn log {view.failing[0].id[:8]} shows what the last failed run printed")
    if any(link.enabled and link.state not in SOUND for link in view.links):
        hints.append("atsn diff shows what differs")
    if view.troubles and not hints:
        hints.append("see above")
    if view.waits_for_service:
        hints.append("what is scheduled waits for a service; start it with: atsn serve")
    return ", ".join(hints)


def _section(console: Console, title: str, content: Table, filled: bool, otherwise: str) -> None:
    console.print()
    console.print(Text(title, style="bold underline"))
    console.print(content if filled else Text(otherwise))


def _stands(refusal: RefusalView, last_contact: str | None) -> bool:
    """Whether a refusal is news, and the peer was not let in since."""
    at = datetime.fromisoformat(refusal.at)
    met = at if last_contact is None else datetime.fromisoformat(last_contact)
    return met - at < _TOGETHER and datetime.now(UTC) - at < _NEWS


def _errors(view: StatusView) -> dict[str, str]:
    """Each different error once, by the peer or else by the link."""
    errors = {peer.name: peer.error for peer in view.peers if peer.error is not None}
    told = set(errors.values())
    for link in view.links:
        if link.error is not None and link.error not in told:
            errors[f"{link.group}, {link.peer}"] = link.error
    return errors
