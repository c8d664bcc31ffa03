"""Every state as a glyph, a word and a role: colour alone never tells anything."""

from collections.abc import Sequence
from typing import NamedTuple

from atsn_tui.console.look.roles import Role
from atsn_tui.model import states
from atsn_tui.model.result import Applied, ChangeView, LinkResult
from atsn_tui.model.states import State, Tone
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.views import LinkView, TaskView


class Sign(NamedTuple):
    """How a state is shown."""

    glyph: str
    word: str
    role: Role


_ROLES: dict[Tone, Role] = {
    "good": "good",
    "care": "warn",
    "bad": "bad",
    "busy": "accent",
    "quiet": "muted",
}


def sign_of(state: State) -> Sign:
    """A state in the roles of this console."""
    return Sign(state.glyph, state.word, _ROLES[state.tone])


_OPS: dict[str, Sign] = {
    "add": Sign("+", "added", "good"),
    "update": Sign("~", "changed", "accent"),
    "delete": Sign("−", "deleted", "bad"),
    "settings": Sign("~", "settings", "accent"),
}
_SETTINGS_ADDED = Sign("+", "settings", "good")


def peer_sign(peer: PeerView, waiting: bool = False) -> Sign:
    """How a peer stands; `waiting` tells that its changes wait for a person."""
    if peer.state == "behind" and waiting:
        return Sign("‖", f"{peer.behind} waiting", "warn")
    if peer.state == "behind":
        return sign_of(states.behind(peer.behind))
    if peer.state == "in_sync" and peer.changed:
        return sign_of(states.CHANGED)
    if peer.state == "unknown" and peer.last_contact is not None:
        return sign_of(states.REACHED)
    return sign_of(states.STANDING[peer.state])


def waits(link: LinkView) -> bool:
    """Whether the link's last round waits for a person."""
    return link.enabled and (link.state == "held" or (link.state == "differs" and link.apply == "ask"))


def link_sign(link: LinkView) -> Sign:
    """How a link's last round ended."""
    if not link.enabled:
        return sign_of(states.OFF)
    if link.state is None:
        return sign_of(states.NEVER)
    if link.state == "differs":
        return Sign("‖", "waits for you", "warn") if waits(link) else sign_of(states.behind(link.behind))
    if link.changed:
        return sign_of(states.CHANGED)
    return sign_of(states.STANDING[link.state])


def result_sign(result: LinkResult) -> Sign:
    """What a diff or an apply found: for a difference, its counts."""
    if result.state == "differs":
        if result.brakes:
            return Sign("‖", f"{counts(result)}, held", "warn")
        return Sign("▲", counts(result), "accent")
    if result.state == "applied":
        return Sign("✓", f"applied {applied(result.applied, result.changes)}", "good")
    return sign_of(states.STANDING[result.state])


def counts(result: LinkResult) -> str:
    """`+1 ~2 −1` of a plan; settings count like a task."""
    signs = [change_sign(change).glyph for change in result.changes]
    return _signed(signs.count("+"), signs.count("~"), signs.count("−"))


def applied(done: Applied, changes: Sequence[ChangeView] = ()) -> str:
    """`+1 ~2 −1` of what was applied; `changes` tell whether its settings were new."""
    new = min(done.settings, sum(change_sign(each) is _SETTINGS_ADDED for each in changes))
    return _signed(done.added + new, done.updated + done.settings - new, done.deleted)


def _signed(added: int, changed: int, deleted: int) -> str:
    parts = [f"{sign}{count}" for sign, count in (("+", added), ("~", changed), ("−", deleted)) if count]
    return " ".join(parts) or "nothing"


def op_sign(op: str) -> Sign:
    """What a change does to a record."""
    return _OPS[op]


def change_sign(change: ChangeView) -> Sign:
    """The same, as far as the change tells: settings that were not there yet are added."""
    added = change.op == "settings" and change.why == "missing here"
    return _SETTINGS_ADDED if added else _OPS[change.op]


def task_sign(view: TaskView) -> Sign:
    """Whether a task is on."""
    return Sign("●", "on", "good") if view.task.enabled else sign_of(states.OFF)


def arrow(direction: str, peer: str) -> str:
    """`→ web1` for a push, `← hq` for a pull."""
    return f"{'→' if direction == 'push' else '←'} {peer}"


SIGNS: tuple[tuple[str, str], ...] = (
    ("●", "in sync, or reached; a task that is on, not run yet"),
    ("▲", "behind: changes wait, or may since an edit here"),
    ("‖", "held, or waits for your yes"),
    ("○", "offline; a task or link that is off"),
    ("✓", "applied; the last run went well"),
    ("✗", "refused, failed, silent, other version; last run failed"),
    ("▸", "runs, or is about to"),
    ("■", "the last run was stopped"),
    ("≡", "several tasks begin in the same minute"),
    ("!", "no service ran; overwrites an edit that is newer"),
    ("↻", "changed meanwhile; nothing was applied"),
    ("·", "not seen or not run yet"),
    ("+ ~ −", "added, changed, deleted"),
    ("⇄ ↶", "in the history: brought by a peer, undone"),
    ("▌ ¦", "the cursor, where the focus is and elsewhere"),
    ("→ ←", "we send to the peer, we take over from the peer"),
)
"""What each sign means, for the help."""
