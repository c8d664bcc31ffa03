"""The command palette: every declared action, by name."""

from collections.abc import Coroutine
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider

from atsn_tui.console.action import Action, Place
from atsn_tui.console.actions import of


class ActionCommands(Provider):
    """Offers the actions of the screen below the palette, and the app's."""

    def _offered(self) -> list[Action]:
        places: tuple[Place, ...] = ("main", "preview", "agenda", "app")
        return [
            action
            for place in places
            for action in of(place)
            if action.palette and (place == "app" or hasattr(self.screen, f"action_{action.id}"))
        ]

    def _run(self, action: Action) -> partial[Coroutine[Any, Any, bool]]:
        """Runs it where it belongs, whatever is on top of the screen by then."""
        return partial(self.app.run_action, action.id, self.app if action.place == "app" else self.screen)

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        for action in self._offered():
            yield DiscoveryHit(action.help, self._run(action), help=f"key {action.shown_keys}")

    async def search(self, query: str) -> Hits:
        """What fits."""
        matcher = self.matcher(query)
        for action in self._offered():
            score = matcher.match(action.help)
            if score > 0:
                yield Hit(
                    score, matcher.highlight(action.help), self._run(action), help=f"key {action.shown_keys}"
                )
