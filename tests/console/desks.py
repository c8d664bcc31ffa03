"""Running the console in a test: started, settled, and asked what it shows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual import events
from textual.pilot import Pilot

from atsn_tui.console.app import Console
from atsn_tui.console.desk import Desk
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.console.preview.screen import PreviewScreen
from tests.console.sample import CLOCK
from tests.console.twin import Twin

_CHARACTERS = {"space": " ", "slash": "/", "question_mark": "?", "plus": "+", "exclamation_mark": "!"}
_NAMES = {character: name for name, character in _CHARACTERS.items()}

PATIENCE = 30.0
"""Seconds until a condition that should come true is given up."""


class Driver:
    """A running console, with its keys and what it shows."""

    def __init__(self, app: Console, pilot: "Pilot[None]") -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys, and let each take effect."""
        for key in keys:
            name = key if len(key) > 1 or key.isalnum() else _NAMES[key]
            character = key if len(key) == 1 else _CHARACTERS.get(key)
            self.app.post_message(events.Key(name, character))
            await self.pilot.pause()  # once for each key; pilot.press waits three times

    async def type(self, text: str) -> None:
        """Put a text into the field that has the focus, as the terminal does when it is pasted."""
        await self.until(lambda: self.app.screen.focused)
        field = self.app.screen.focused
        assert field is not None
        field.post_message(events.Paste(text))
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"it never came true:\n{self.text}\n{self.toasts}") from None

    @property
    def main(self) -> MainScreen:
        """The main screen, wherever it is in the stack."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MainScreen))

    @property
    def preview(self) -> PreviewScreen:
        """The replicate screen, wherever it is in the stack."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, PreviewScreen))

    @property
    def text(self) -> str:
        """Everything on the screen, line by line."""
        screen = self.app.screen
        lines = [[" "] * self.app.size.width for _ in range(self.app.size.height)]
        for y, strip in enumerate(screen._compositor.render_strips()):
            lines[y] = list(strip.text)
        return "\n".join("".join(line).rstrip() for line in lines)

    @property
    def details(self) -> str:
        """The page of details, without its line breaks."""
        return " ".join(self.main.details.page.plain.split())

    def shows(self, *texts: str) -> bool:
        """Whether all texts are on the screen."""
        shown = self.text
        return all(text in shown for text in texts)

    @property
    def toasts(self) -> list[str]:
        """What was said, oldest first."""
        return [said.text for said in self.app.desk.messages.kept]


@asynccontextmanager
async def console(twin: Twin, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Driver]:
    """A console over a twin, once it has shown the node."""
    app = Console(Desk(twin.node, CLOCK), "atsn-dark")
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: isinstance(app.screen, MainScreen) and app.screen.status is not None)
        await driver.until(lambda: not twin.group_views or driver.main.task_pane.list.items)
        yield driver
