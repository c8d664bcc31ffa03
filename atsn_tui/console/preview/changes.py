"""The changes of one link."""

from collections.abc import Hashable
from dataclasses import dataclass

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.states import Sign, op_sign
from atsn_tui.console.look.wrapping import line_width, spread
from atsn_tui.model.result import ChangeView, LinkResult

_CONFLICT = Sign("=", "left alone", "warn")


@dataclass(frozen=True)
class ChangeRow:
    """A change, or a conflict that easy mode leaves alone."""

    change: ChangeView
    conflict: bool

    @property
    def sign(self) -> Sign:
        """What happens to the record."""
        return _CONFLICT if self.conflict else op_sign(self.change.op)


def change_rows(result: LinkResult | None) -> list[ChangeRow]:
    """Changes first, then conflicts."""
    if result is None:
        return []
    return [
        *(ChangeRow(change, False) for change in result.changes),
        *(ChangeRow(change, True) for change in result.conflicts),
    ]


class ChangeList(LineList[ChangeRow]):
    """One line for each change: sign, name, why."""

    def key_of(self, item: ChangeRow) -> Hashable:
        """What is changed."""
        return (item.change.op, item.change.task_id, item.conflict)

    def draw(self, item: ChangeRow, width: int) -> list[Line]:
        """The line; the reason is left out where the name needs the room."""
        sign = item.sign
        name: Line = [(f"{sign.glyph} ", sign.role), (visible(item.change.name), "ink")]
        if item.change.op == "settings":
            name.append(("  settings", "muted"))
        why = f"{item.change.why}: left alone" if item.conflict else item.change.why
        fits = line_width(name) + 2 + len(why) <= width
        return [spread(name, [(why, "muted")] if fits else [], width)]
