"""What an undo would change, before it is done; it follows what moves meanwhile."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.timer import Timer

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.confirm import RECENT as SEEN
from atsn_tui.console.dialogs.sheet import Sheet
from atsn_tui.console.footer import KeyLine
from atsn_tui.console.lists.document import GAP, Block, Words
from atsn_tui.node.past.views import UndoView

RECENT = 1.0
"""Seconds for which nothing can be undone after something moved."""


class UndoSheet(Sheet[UndoView | None]):
    """Dismissed with exactly what it shows, by the key that the replicate screen applies with, `y` or `enter`."""

    WIDEST = 100

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,y", "undo", show=False),
        Binding("enter", "enter", show=False, priority=True),
        Binding("escape,q", "leave", show=False),
    ]

    def __init__(
        self, desk: Desk, title: str, shown: UndoView, describe: Callable[[UndoView], Sequence[Block]]
    ) -> None:
        word = "Undo this" if shown.kept_by is None else "Undo here all the same"
        keys = (("a", word, "screen.undo"), ("esc", "Cancel", "screen.leave"))
        super().__init__(title, describe(shown), keys)
        self._desk = desk
        self._shown = shown
        self._describe = describe
        self._rest: Timer | None = None
        self.fresh = True
        """It has only just come up: an `enter` may have been meant for what was there before."""

    def on_mount(self) -> None:
        """Begin to watch the group."""
        super().on_mount()
        self.set_timer(SEEN, self._seen)
        self._watch()

    @work(group="watch", exclusive=True, exit_on_error=False)
    async def _watch(self) -> None:
        node, shown = self._desk.node, self._shown
        with self._desk.reporting(self):
            async for _ in node.changes():
                seen = await node.history.preview_undo(shown.group_id, shown.to)
                if seen != self._shown:
                    self._show(seen)
        self.dismiss(None)  # it failed, and was told: what cannot be followed any more is not offered

    def _show(self, seen: UndoView) -> None:
        clock = self._desk.clock
        said = f"The group changed at {clock.local(clock.now()):%H:%M:%S}: this is what an undo would do now."
        if seen.state == "in_sync":
            said = "The group changed meanwhile, and is as it was then: there is nothing left to undo."
        self._shown = seen
        self.replace([Words(said, "warn", lead="▲ "), GAP, *self._describe(seen)])
        self.query_one(KeyLine).show(self._keys[1:] if seen.state == "in_sync" else self._keys)
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(RECENT, self._rested)

    def _rested(self) -> None:
        self._rest = None

    @property
    def resting(self) -> bool:
        """Something has just moved: the person first sees what."""
        return self._rest is not None

    def _seen(self) -> None:
        self.fresh = False

    def action_enter(self) -> None:
        """The same as the other keys, once there was time to see what is asked."""
        if not self.fresh:
            self.action_undo()

    def action_undo(self) -> None:
        """Close with what is shown."""
        if self.resting:
            self._desk.tell(self, "Something has just changed: look at it first, then press a.", "warning")
        elif self._shown.state != "in_sync":
            self.dismiss(self._shown)

    def action_leave(self) -> None:
        """Close without undoing."""
        self.dismiss(None)
