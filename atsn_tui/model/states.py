"""How links, peers and runs stand, as a glyph and a word each, so that every front end says the same.

A front end brings the colour of each tone, and nothing else.
"""

import signal
from typing import Literal, NamedTuple

from atsn_tui.model.run import RunState

Tone = Literal["good", "care", "bad", "busy", "quiet"]


class State(NamedTuple):
    """A glyph, a word and what the colour is to say."""

    glyph: str
    word: str
    tone: Tone


STANDING: dict[str, State] = {
    "in_sync": State("●", "in sync", "good"),
    "applied": State("✓", "applied", "good"),
    "differs": State("▲", "differs", "care"),
    "behind": State("▲", "behind", "care"),
    "held": State("‖", "held", "care"),
    "moved": State("↻", "moved", "care"),
    "unknown": State("·", "not seen yet", "quiet"),
    "silent": State("✗", "silent", "bad"),
    "offline": State("○", "offline", "bad"),
    "unreachable": State("○", "offline", "bad"),
    "refused": State("✗", "refused", "bad"),
    "version_mismatch": State("✗", "other version", "bad"),
    "failed": State("✗", "failed", "bad"),
}
"""Links and peers, those that are well first."""

NEVER = State("·", "not run yet", "quiet")
"""A link that has made no round."""

OFF = State("○", "off", "quiet")
"""A task or a link."""

CHANGED = State("▲", "changed since", "care")
"""It was in sync, and the group was changed here since then."""

REACHED = State("●", "reached", "good")
"""A peer of which nothing else is known."""

RUNS: dict[RunState, State] = {
    "queued": State("▸", "waits", "busy"),
    "starting": State("▸", "starting", "busy"),
    "running": State("▸", "running", "busy"),
    "ok": State("✓", "ok", "good"),
    "failed": State("✗", "failed", "bad"),
    "timed_out": State("✗", "timed out", "bad"),
    "stopped": State("■", "stopped", "care"),
    "interrupted": State("✗", "interrupted", "bad"),
    "unknown": State("✗", "ended unseen", "bad"),
}


def behind(count: int, state: str = "behind") -> State:
    """That changes wait, and how many if that is known."""
    found = STANDING[state]
    return found._replace(word=f"{count} behind") if count else found


def run_state(state: RunState, began: bool) -> State:
    """How a run stands; one that failed before it began could not start."""
    found = RUNS[state]
    return found._replace(word="could not start") if state == "failed" and not began else found


def signal_name(number: int) -> str:
    """The name of a signal, as in `SIGKILL`."""
    known = number in {each.value for each in signal.Signals}
    return signal.Signals(number).name if known else f"signal {number}"


def trigger_words(trigger: str, who: str, attempt: int) -> str:
    """What made a task run, in a word or two."""
    words = {
        "manual": f"by {who}" if who else "by hand",
        "retry": f"attempt {attempt}",
        "missed": "made up",
    }
    return words.get(trigger, trigger)
