"""The question for a node's password, before there is a node to show: an app of its own."""

from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from atsn_tui.console.look.plain import shorten, visible
from atsn_tui.console.look.themes import DEFAULTS, first_theme, load_all
from atsn_tui.home.config import load
from atsn_tui.home.home import Home

_WIDEST = 64


class PasswordQuestion(App[str]):
    """Returns what was typed; None if the person leaves. `said` is what went wrong before."""

    TITLE = "ATSN"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+q", "leave", show=False, priority=True)]
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { align: center middle; background: $canvas; }
    Vertical { height: auto; background: $raised; padding: 1 2; }
    Static { color: $ink; }
    Input { margin: 1 0; height: 1; border: none; padding: 0 1; background: $field; color: $ink; }
    """

    def __init__(self, home: Home, said: str = "", theme: str | None = None) -> None:
        looks = load_all()
        super().__init__()
        self._home = home
        self._said = said
        for look in looks:
            self.register_theme(look.theme)
        self.theme = first_theme(theme, looks, self.console.color_system)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for the moment before a theme of ours is set."""
        return DEFAULTS

    def compose(self) -> ComposeResult:
        """The question, what went wrong, the field, the keys."""
        with Vertical() as box:
            box.styles.width = _WIDEST
            box.styles.max_width = "100%"
            path = shorten(visible(str(self._home.path)), _WIDEST - 24)
            yield Static(Content(f"This node is encrypted: {path}"), markup=False)
            yield Input(password=True, placeholder="Password")
            if self._said:
                yield Static(Content.styled(f"✗ {self._said}", "$bad"), id="said", markup=False)
            yield Static(Content.styled("enter Open   esc Leave", "$muted"), markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value:
            self.exit(event.value)

    def action_leave(self) -> None:
        """Leave without a password."""
        self.exit(None)


async def ask_password(home: Home, said: str) -> str | None:
    """What the person types, or None."""
    return await PasswordQuestion(home, said, load(home.config_file).theme).run_async()
