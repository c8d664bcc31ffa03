"""What an action of the console is: its keys, and what is said of it."""

from dataclasses import dataclass
from typing import Literal

Place = Literal["app", "main", "preview", "agenda", "list", "tree", "page"]
Context = Literal[
    "group", "folder", "task", "peer", "link", "empty", "preview", "done", "busy", "agenda", "history"
]

_SHOWN = {
    "slash": "/",
    "question_mark": "?",
    "plus": "+",
    "exclamation_mark": "!",
    "escape": "esc",
    "pagedown": "page down",
    "pageup": "page up",
    "ctrl+p": "ctrl+p",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


@dataclass(frozen=True)
class Action:
    """One thing that a person can do."""

    place: Place
    id: str
    keys: tuple[str, ...]
    """Textual's key names; the first is the one that is shown in the footer."""
    footer: str
    """One or two words."""
    help: str
    """One sentence without a full stop."""
    contexts: tuple[Context, ...] = ()
    """Where the footer shows it; empty: only help and palette do."""
    palette: bool = True

    @property
    def shown_each(self) -> tuple[str, ...]:
        """Each key as a person reads it."""
        return tuple(_SHOWN.get(key, key) for key in self.keys)

    @property
    def shown_keys(self) -> str:
        """All keys in one text."""
        return " ".join(self.shown_each)

    @property
    def shown_key(self) -> str:
        """The first key, for the footer."""
        return self.shown_each[0]
