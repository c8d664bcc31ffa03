"""What the person should know before anything else: shown only while there is something."""

from textual.content import Content
from textual.widgets import Static

from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import ROLE_STYLES, Line
from atsn_tui.console.look.states import waits
from atsn_tui.console.look.wrapping import fit_line, spread
from atsn_tui.node.views import LinkView, StatusView


class Notices(Static):
    """No service, links that wait for a yes, the last error: one line each."""

    DEFAULT_CSS = """
    Notices { height: auto; display: none; background: $panel; padding: 0 1; text-wrap: nowrap; }
    Notices.-shown { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[tuple[Line, Line]] = []

    def show(self, status: StatusView | None, error: str | None) -> None:
        """Say what there is to say."""
        self._lines = []
        if status is not None and status.service != "running":
            self._lines.append(
                (
                    [
                        ("○ ", "warn"),
                        ("Tasks do not run here: no service. ", "warn"),
                        ("This console replicates on schedule.", "ink"),
                    ],
                    [],
                )
            )
        if status is not None and status.silent_since is not None:
            said: Line = [("✗ ", "bad"), ("Tasks do not run here: the scheduler is silent. ", "bad")]
            self._lines.append(([*said, ("Restart the service.", "ink")], []))
        waiting = [] if status is None else [link for link in status.links if waits(link)]
        if waiting:
            self._lines.append(([("‖ ", "warn"), *_waiting(waiting)], [("w", "title"), (" Open", "ink")]))
        if error is not None:
            self._lines.append(
                (
                    [("✗ ", "bad"), (visible(error), "ink")],
                    [("!", "title"), (" Read  ", "ink"), ("esc", "title")],
                )
            )
        self.set_class(bool(self._lines), "-shown")
        self._redraw()

    def on_resize(self) -> None:
        """Fit the lines anew."""
        self._redraw()

    def _redraw(self) -> None:
        width = self.app.size.width - 2
        lines = [
            spread(left, right, width) if right else fit_line(left, width) for left, right in self._lines
        ]
        self.update(
            Content("\n").join(
                Content.assemble(*((text, ROLE_STYLES[role]) for text, role in line)) for line in lines
            )
        )


def _waiting(links: list[LinkView]) -> Line:
    held = sorted({visible(link.peer) for link in links if link.state == "held"})
    asking = sorted({visible(link.peer) for link in links if link.state != "held"})
    line: Line = []
    if held:
        line += [("Held: ", "warn"), (", ".join(held), "ink")]
    if asking:
        line += [("   " if held else "", "ink"), ("Waits for your yes: ", "warn"), (", ".join(asking), "ink")]
    return line
