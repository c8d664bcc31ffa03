"""A short menu."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from atsn_tui.console.action import Action
from atsn_tui.console.dialogs.dialog import Dialog
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import fit
from atsn_tui.console.look.roles import Line
from atsn_tui.console.title import TitleLine


class ActionList(LineList[Action]):
    """Actions, each with its key."""

    def key_of(self, item: Action) -> Hashable:
        """The action's id."""
        return item.id

    def draw(self, item: Action, width: int) -> list[Line]:
        """Key and what it does."""
        return [[(f" {fit(item.shown_key, 3)}", "title"), (item.help, "ink")]]


class Menu(Dialog[str | None]):
    """Dismissed with the id of the chosen action; its own key chooses it too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    DEFAULT_CSS = """
    Menu > Vertical { width: 66; height: auto; background: $raised; }
    Menu TitleLine { background: $panel; }
    Menu ActionList { padding: 1 0; }
    """

    def __init__(self, title: str, actions: Sequence[Action]) -> None:
        super().__init__()
        self._title = title
        self._actions = tuple(actions)

    def compose(self) -> ComposeResult:
        """Title and actions."""
        with Vertical():
            yield TitleLine()
            yield ActionList()

    def on_mount(self) -> None:
        """Show the actions."""
        self.query_one(TitleLine).show([(self._title, "title")], [("esc", "title"), (" Cancel", "ink")])
        listed = self.query_one(ActionList)
        listed.styles.height = len(self._actions) + 2
        listed.show(self._actions)

    def on_key(self, event: events.Key) -> None:
        """An action's own key chooses it."""
        for action in self._actions:
            if event.key in action.keys or event.character in action.keys:
                event.stop()
                self.dismiss(action.id)

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        action = self.query_one(ActionList).current
        self.dismiss(None if action is None else action.id)

    def action_leave(self) -> None:
        """Close without choosing."""
        self.dismiss(None)
