"""The line of keys at the bottom, and other lines that offer keys."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from atsn_tui.console.action import Action

Key = tuple[str, str, str]
"""The key as shown, its word, and the Textual action that a click runs."""


def fitting(keys: Sequence[Key], width: int) -> list[Key]:
    """As many keys as fit; the last one is always there."""
    kept = list(keys)
    while len(kept) > 1 and sum(_cells(key) for key in kept) > width:
        kept.pop(-2)
    return kept


def _cells(key: Key) -> int:
    return cell_len(key[0]) + cell_len(key[1]) + 3


def key_of(action: Action, word: str | None = None) -> Key:
    """A declared action as a key, perhaps with another word."""
    owner = "app" if action.place == "app" else "screen"
    return action.shown_key, word or action.footer, f"{owner}.{action.id}"


class KeyLine(Widget):
    """One line of keys; each can be clicked."""

    DEFAULT_CSS = "KeyLine { height: 1; background: $panel; color: $ink; text-wrap: nowrap; }"

    def __init__(self, keys: Sequence[Key] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = tuple(keys)

    def show(self, keys: Sequence[Key]) -> None:
        """Replace the keys."""
        if tuple(keys) != self._keys:
            self._keys = tuple(keys)
            self.refresh()

    def render(self) -> Content:
        """The keys that fit."""
        return Content("").join(
            Content.assemble((f" {key}", "$accent bold"), (f" {word} ", "$ink"))
            for key, word, _ in fitting(self._keys, self.size.width)
        )

    @property
    def plain(self) -> str:
        """The line as text."""
        return self.render().plain

    async def on_click(self, event: events.Click) -> None:
        """Do what the key does."""
        place = event.x
        for key in fitting(self._keys, self.size.width):
            place -= _cells(key)
            if place < 0:
                await self.run_action(key[2])
                return
