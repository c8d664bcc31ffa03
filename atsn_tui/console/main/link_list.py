"""The links of one peer."""

from collections.abc import Hashable

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import fit, right, visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.schedules import in_words
from atsn_tui.console.look.states import link_sign
from atsn_tui.console.look.times import Clock
from atsn_tui.node.views import LinkView


def _widths(width: int) -> tuple[int, int, int, int]:
    """Direction and group, mode, schedule, state."""
    schedule, state = (13, 13) if width < 70 else (24, 16)
    return max(8, width - 6 - schedule - state - 8), 6, schedule, state


def heading(width: int) -> Line:
    """The titles of the columns, for a line of `width` cells."""
    group, mode, schedule, state = _widths(width)
    text = (
        f"  {fit('Group', group)}  {fit('Mode', mode)}  {fit('Schedule', schedule)}  {right('State', state)}"
    )
    return [(text, "muted")]


class LinkList(LineList[LinkView]):
    """Links: group, direction, mode, schedule, state."""

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:
        super().__init__(id=id, empty="No links with this peer yet: press l to add one.")
        self._clock = clock

    def key_of(self, item: LinkView) -> Hashable:
        """The link's id."""
        return item.id

    def draw(self, item: LinkView, width: int) -> list[Line]:
        """One line."""
        group, mode, schedule, state = _widths(width)
        sign = link_sign(item)
        arrow = "→" if item.direction == "push" else "←"
        return [
            [
                (f"{sign.glyph} ", sign.role),
                (fit(f"{arrow} {visible(item.group)}", group), "ink"),
                (f"  {fit(item.mode, mode)}", "ink"),
                (f"  {fit(in_words(item.schedule), schedule)}", "ink"),
                (f"  {right(sign.word, state)}", sign.role),
            ]
        ]
