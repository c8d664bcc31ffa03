"""A page that opens at once and shows what it was opened for as soon as that is known."""

from collections.abc import Awaitable, Callable, Sequence

from textual import work

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.lists.document import Block, Words


class LoadingPage(Page):
    """Closing it gives up what it waits for."""

    def __init__(
        self, desk: Desk, title: str, waiting: str, load: Callable[[], Awaitable[Sequence[Block]]]
    ) -> None:
        super().__init__(title, [Words(waiting, "muted", lead="… ")])
        self._desk = desk
        self._load = load

    def on_mount(self) -> None:
        """Begin to wait."""
        super().on_mount()
        self._wait()

    @work(group="load", exclusive=True, exit_on_error=False)
    async def _wait(self) -> None:
        loaded: list[Sequence[Block]] = []
        with self._desk.reporting(self):
            loaded.append(await self._load())
        if loaded:
            self.replace(loaded[0])
        else:
            self.dismiss(None)
