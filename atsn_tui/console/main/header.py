"""The line at the top: which node this is and how everything stands."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import ROLE_STYLES, Line
from atsn_tui.console.look.states import waits
from atsn_tui.console.look.wrapping import line_width, spread
from atsn_tui.model.words import plural
from atsn_tui.node.views import StatusView

_TROUBLE = ("silent", "offline", "refused", "version_mismatch", "failed")


class Header(Widget):
    """Name, service, what is paused and failed, peers and how many are behind or in trouble."""

    DEFAULT_CSS = "Header { height: 1; background: $panel; padding: 0 1; text-wrap: nowrap; }"

    status: reactive[StatusView | None] = reactive(None)

    def render(self) -> Content:
        """One line."""
        if self.status is None:
            return Content.assemble(("ATSN", "$accent bold"))
        left: Line = [("ATSN", "title"), (f"  {visible(self.status.name)}", "strong")]
        room = self.size.width - line_width(left) - 2
        standings = (_standing(self.status, brief) for brief in (0, 1, 2))
        standing = next((line for line in standings if line_width(line) <= room), _standing(self.status, 2))
        line = spread(left, standing, self.size.width)
        return Content.assemble(*((text, ROLE_STYLES[role]) for text, role in line))


def _standing(status: StatusView, brief: int) -> Line:
    """How things stand; the briefer, the less of what is not urgent."""
    running = status.service == "running"
    word = "running" if brief > 1 else "service running"
    line: Line = [("● ", "good"), (word, "ink")] if running else [("○ no service", "warn")]
    if status.silent_since is not None:
        line = [("✗ scheduler silent", "bad")]
    held, failed = len(status.holds), len(status.failing)
    if held:
        line.append((f"  ‖ {held} held", "warn"))
    if failed:
        line.append((f"  ✗ {failed} failed" if brief else f"  ✗ {plural(failed, 'task')} failed", "bad"))
    if not brief:
        line.append((f"  {plural(len(status.peers), 'peer')}", "muted"))
    asking = {link.peer for link in status.links if waits(link)}
    behind = sum(peer.state == "behind" and peer.name not in asking for peer in status.peers)
    waiting = sum(waits(link) for link in status.links)
    trouble = sum(peer.state in _TROUBLE for peer in status.peers)
    if behind:
        line.append((f"  ▲ {behind} behind", "warn"))
    if waiting:
        line.append((f"  ‖ {waiting} waiting", "warn"))
    if trouble:
        line.append((f"  ✗ {trouble} failing", "bad"))
    return line
