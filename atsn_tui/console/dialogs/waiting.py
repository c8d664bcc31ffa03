"""The page of a fresh invite: its line, to be copied, and whether anybody has used it yet."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.lists.document import GAP, Block, Cells, Fact, Verbatim, Words
from atsn_tui.errors import AtsnError
from atsn_tui.node.pairing.views import InviteView, NewInvite

LOOK = 0.5
"""Seconds between two looks."""


class WaitingPage(Page, inherit_bindings=False):
    """Shows the line; says so as soon as the other node has joined. Only esc closes it: the line is not shown again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(
        self,
        made: NewInvite,
        here: str,
        until: str,
        look: Callable[[], Awaitable[InviteView]],
    ) -> None:
        """`until` says in words when the line ends; `look` asks how the invite stands."""
        self._made, self._here, self._until, self._look = made, here, until, look
        super().__init__("Invite a node", self._all(made.invite), copy=made.command)

    def on_mount(self) -> None:
        """Begin to wait."""
        super().on_mount()
        self._wait()

    @work(group="wait", exclusive=True, exit_on_error=False)
    async def _wait(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            try:
                view = await self._look()
            except AtsnError as error:
                self.replace([*self._line(), GAP, Words(error.message, "warn", lead="▲ ")])
                return
            if view.state != "open":
                self.replace(self._all(view))
                return

    def _line(self) -> list[Block]:
        return [
            Words("Type this on the other machine, or press y to copy it:"),
            GAP,
            Verbatim(self._made.command, "strong"),
        ]

    def _all(self, view: InviteView) -> list[Block]:
        return [*self._line(), GAP, *self._facts(view), GAP, *self._state(view)]

    def _facts(self, view: InviteView) -> list[Block]:
        return [
            Fact("may here", ", ".join(view.grants) or "nothing"),
            Fact("from", ", ".join(view.allow_from) or "anywhere"),
            Fact("reaches us at", ", ".join(self._made.addresses)),
            Fact("our key", self._made.fingerprint),
        ]

    def _state(self, view: InviteView) -> list[Block]:
        if view.state == "open":
            warnings = [Words(text, "warn", lead="▲ ") for text in self._made.warnings]
            told = f"waiting for the other node, until {self._until} (it goes on if you close this)"
            return [*warnings, Words(told, "muted", lead="… ")]
        if view.state == "used":
            return [
                Cells([("✓ ", "good"), (f"{view.used_by} has joined, from {view.used_from}", "good")]),
                Words(f"{view.used_by} may do here: {', '.join(view.grants) or 'nothing'}", indent=2),
                Words(f"{self._here} may do there: {', '.join(view.allows_us) or 'nothing'}", indent=2),
            ]
        return [Words(f"Nobody joined: the invite is {view.state}.", "warn", lead="▲ ")]
