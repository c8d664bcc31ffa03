"""The changes of one link."""

from collections.abc import Hashable
from dataclasses import dataclass

from rich.cells import cell_len

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import Line, Role
from atsn_tui.console.look.states import Sign, change_sign
from atsn_tui.console.look.wrapping import line_width, spread
from atsn_tui.model.result import ChangeView, LinkResult
from atsn_tui.node.links.change_words import overwrites, why_words

_CONFLICT = Sign("=", "left alone", "warn")
_OVERWRITES = Sign("!", "changed", "bad")


@dataclass(frozen=True)
class ChangeRow:
    """A change, or a conflict that easy mode leaves alone."""

    change: ChangeView
    conflict: bool
    why: str
    """With the nodes' names."""

    @property
    def sign(self) -> Sign:
        """What happens to the record."""
        if self.conflict:
            return _CONFLICT
        return _OVERWRITES if overwrites(self.change) else change_sign(self.change)


def change_rows(result: LinkResult | None) -> list[ChangeRow]:
    """Changes first, then conflicts."""
    if result is None:
        return []
    return [
        *(ChangeRow(change, False, why_words(change, result)) for change in result.changes),
        *(ChangeRow(change, True, why_words(change, result)) for change in result.conflicts),
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
        why = visible(f"{item.why}: left alone" if item.conflict else item.why)
        fits = line_width(name) + 2 + cell_len(why) <= width
        role: Role = "bad" if overwrites(item.change) else "muted"
        return [spread(name, [(why, role)] if fits else [], width)]
