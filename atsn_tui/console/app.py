"""The console: one app over one node."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import App
from textual.binding import BindingType

from atsn_tui.console.actions import bindings
from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.help import Help
from atsn_tui.console.dialogs.loading import LoadingPage
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.lists.document import GAP, Block, Fact, Words
from atsn_tui.console.look.themes import DEFAULTS, first_theme, load_all
from atsn_tui.console.main.describe_doctor import describe_doctor
from atsn_tui.console.main.describe_past import describe_log
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.console.palette import ActionCommands
from atsn_tui.console.password import ask_password
from atsn_tui.home.config_change import change
from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.node.actor import Actor
from atsn_tui.node.identity import peer_line
from atsn_tui.node.node import Node
from atsn_tui.node.options_log import record

_ENTRIES = 300
"""Of the audit log; all of them: atsn audit."""

_WITHOUT_SERVICE = 5.0
"""Seconds between two looks whether a service has ended."""


class Console(App[None]):
    """Themes, keys and the main screen; everything else is on the screens."""

    TITLE = "ATSN"
    CSS_PATH = "console.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    COMMANDS = {ActionCommands}  # noqa: RUF012
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012

    def __init__(
        self, desk: Desk, theme: str | None = None, keep_theme: Callable[[str], object] | None = None
    ) -> None:
        """`theme` is the name of the first one; `keep_theme` is told when the person takes another."""
        self.looks = load_all()
        super().__init__()
        self.desk = desk
        self._keep_theme = keep_theme
        for look in self.looks:
            self.register_theme(look.theme)
        self.theme = first_theme(theme, self.looks, self.console.color_system)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for the moment before a theme of ours is set."""
        return DEFAULTS

    def on_mount(self) -> None:
        """Show the main screen and carry the periodic replication while nobody else does."""
        self.push_screen(MainScreen(self.desk))
        self._carry_replication()

    @work(group="timers", exclusive=True, exit_on_error=False)
    async def _carry_replication(self) -> None:
        # It loads SSH, which takes a moment: the first picture does not wait for that.
        replication = await asyncio.to_thread(lambda: self.desk.node.replication)
        while True:
            with self.desk.reporting(self):
                await replication.run_timers()
            await asyncio.sleep(_WITHOUT_SERVICE)

    def on_notify(self) -> None:
        """A toast takes the place of the one before: several would cover a small screen, and `!` shows them all."""
        self.clear_notifications()

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(Help())

    def action_help_quit(self) -> None:
        """Ctrl+C: it may come from a person who wants to copy, so it only says how to leave."""
        self.notify("To leave the console, press ctrl+q; a running service goes on.")

    def action_theme(self) -> None:
        """Switch to the next theme."""
        names = [look.theme.name for look in self.looks]
        place = (names.index(self.theme) + 1) % len(names) if self.theme in names else 0
        self.theme = names[place]
        self.notify(f"Theme: {self.looks[place].title}", markup=False)
        if self._keep_theme is not None:
            with self.desk.reporting(self):
                self._keep_theme(self.theme)

    def action_messages(self) -> None:
        """Show the latest messages again."""
        kept = self.desk.messages.kept
        clock = self.desk.clock
        blocks: list[Block] = []
        for said in reversed(kept):
            role = {"error": "bad", "warning": "warn"}.get(said.severity, "ink")
            blocks.append(Fact(f"{clock.local(said.at):%H:%M:%S}", said.text, role))  # type: ignore[arg-type]
        self.desk.messages.dismiss()
        self.push_screen(Page("Messages", blocks or [Words("None so far.", "muted")], label=10))

    def action_doctor(self) -> None:
        """Examine the node, and show what is wrong with it."""

        async def load() -> list[Block]:
            return describe_doctor(await self.desk.node.examine())

        title = "What is wrong with this node?"
        self.push_screen(LoadingPage(self.desk, title, "Looking at this node …", load))

    @work(group="audit", exclusive=True, exit_on_error=False)
    async def action_audit(self) -> None:
        """Show the latest of what was changed on this node."""
        with self.desk.reporting(self):
            entries = await self.desk.node.audit.list(_ENTRIES)
            self.push_screen(
                Page("Audit log: who changed what on this node", describe_log(entries, self.desk.clock))
            )

    def action_identity(self) -> None:
        """Show who this node is."""
        own = self.desk.node.identity()
        line = peer_line(own)
        blocks: list[Block] = [
            Words("To make this node known on a peer, run there:"),
            GAP,
            Words(line, "strong", indent=2),
            GAP,
            Words(
                "Add --grant pull, push or status for what it may do there."
                + (
                    ""
                    if own.listen
                    else " It listens nowhere, so it has no address: it only connects to others."
                )
            ),
            GAP,
            Fact("Name", own.name),
            Fact("Listens", own.listen or "nowhere"),
            Fact("Version", own.version),
            Fact("Public key", own.public_key, "muted"),
            Fact("Host key", own.host_key, "muted"),
            Fact("Node id", own.node_id, "muted"),
        ]
        self.push_screen(Page("This node", blocks, copy=line))


def run(home: Home, actor: Actor, passwords: Passwords | None = None) -> None:
    """Open the node, for whose password the person may be asked, and show the console until it is left."""

    async def show() -> None:
        async with Node.open(home, actor, passwords, partial(ask_password, home)) as node:
            recording: set[asyncio.Task[None]] = set()

            def keep(theme: str) -> None:
                change(home.config_file, {"theme": theme})
                task = asyncio.create_task(record(node.core))
                recording.add(task)
                task.add_done_callback(recording.discard)

            await Console(Desk(node), node.config.theme, keep).run_async()
            await asyncio.gather(*recording)

    asyncio.run(show())
