"""Each state as a glyph and words, never as colour alone."""

from rich.text import Text

from atsn_tui.cli.text.moments import clock
from atsn_tui.model.states import CHANGED, NEVER, REACHED, STANDING, State, Tone, behind
from atsn_tui.node.peers.views import PeerView

_COLOURS: dict[Tone, str] = {"good": "green", "care": "yellow", "bad": "red", "busy": "cyan", "quiet": ""}


def told(state: State) -> Text:
    """A state in the colours of a terminal."""
    return Text(f"{state.glyph} {state.word}", style=_COLOURS[state.tone])


def peer_state(peer: PeerView) -> Text:
    """The state of a peer, with since when its scheduler is silent."""
    if peer.state == "silent" and peer.silent_since is not None:
        sign = STANDING["silent"]
        return told(sign._replace(word=f"scheduler {sign.word} since {clock(peer.silent_since)}"))
    return state(peer.state, peer.behind, changed=peer.changed, seen=peer.last_contact is not None)


def state(name: str | None, count: int = 0, *, changed: bool = False, seen: bool = False) -> Text:
    """The state of a peer or a link.

    `count` is how many changes it is behind, `changed` that the group was changed here since the two were in sync,
    `seen` that a peer of which nothing else is known has been reached.
    """
    if name is None:
        return told(NEVER)
    if changed and name in ("in_sync", "applied"):
        return told(CHANGED)
    if seen and name == "unknown":
        return told(REACHED)
    return told(behind(count, name) if name in ("behind", "differs") else STANDING[name])
