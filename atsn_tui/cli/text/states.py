"""Each state as a glyph and words, never as colour alone."""

from rich.text import Text

from atsn_tui.cli.text.moments import clock
from atsn_tui.node.peers.views import PeerView

_STYLES: dict[str, tuple[str, str, str]] = {
    "in_sync": ("●", "in sync", "green"),
    "applied": ("✓", "applied", "green"),
    "differs": ("▲", "differs", "yellow"),
    "behind": ("▲", "behind", "yellow"),
    "held": ("‖", "held back", "yellow"),
    "moved": ("▲", "moved", "yellow"),
    "unknown": ("○", "unknown", ""),
    "silent": ("✗", "scheduler silent", "red"),
    "offline": ("○", "offline", "red"),
    "unreachable": ("○", "unreachable", "red"),
    "refused": ("✗", "refused", "red"),
    "version_mismatch": ("✗", "other version", "red"),
    "failed": ("✗", "failed", "red"),
}


def peer_state(peer: PeerView) -> Text:
    """The state of a peer, with since when its scheduler is silent."""
    found = state(peer.state, peer.behind, changed=peer.changed, seen=peer.last_contact is not None)
    if peer.state == "silent" and peer.silent_since is not None:
        found.append(f" since {clock(peer.silent_since)}")
    return found


def state(name: str | None, count: int = 0, *, changed: bool = False, seen: bool = False) -> Text:
    """The state of a peer or a link.

    `count` is how many changes it is behind, `changed` that the group was changed here since the two were in sync,
    `seen` that a peer of which nothing else is known has been reached.
    """
    if name is None:
        return Text("○ never run")
    glyph, words, style = _STYLES[name]
    if changed and name in ("in_sync", "applied"):
        return Text("▲ changed since", style="yellow")
    if seen and name == "unknown":
        return Text("● reached", style="green")
    if name in ("behind", "differs") and count:
        words = f"{count} behind"
    return Text(f"{glyph} {words}", style=style)
