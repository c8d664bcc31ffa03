"""What was changed in a group, or of a task: when, by whom, and what."""

from collections.abc import Hashable, Sequence

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import fit, visible
from atsn_tui.console.look.roles import Line, Role
from atsn_tui.console.look.states import Sign
from atsn_tui.console.look.times import Clock
from atsn_tui.node.past.views import PastChange

_WHO = 10

_WORDS = {"edit": "edited", "import": "imported"}

_SIGNS = {
    "apply": Sign("⇄", "replicated", "accent"),
    "undo": Sign("↶", "undone", "warn"),
}


def past_sign(change: PastChange) -> Sign:
    """What kind of change it was; of one that was made here, what it did."""
    if change.digest is None:
        return Sign("−", "removed", "bad")
    if change.kind in _SIGNS:
        return _SIGNS[change.kind]
    word = _WORDS[change.kind]
    if change.added == change.records:
        return Sign("+", word, "good")
    return Sign("−", word, "bad") if change.deleted == change.records else Sign("~", word, "ink")


class HistoryList(LineList[PastChange]):
    """One line for each change, the newest first."""

    def __init__(self, clock: Clock, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock

    def show_changes(self, changes: Sequence[PastChange], empty: str) -> None:
        """Show changes."""
        self.empty = empty
        self.show(changes)

    @property
    def plain(self) -> str:
        """All of them as text."""
        return "\n".join(
            "".join(text for text, _ in line).rstrip() for item in self.items for line in self.draw(item, 200)
        )

    def key_of(self, item: PastChange) -> Hashable:
        """The number of the change."""
        return item.number

    def draw(self, item: PastChange, width: int) -> list[Line]:
        """One line."""
        sign = past_sign(item)
        role: Role = sign.role
        return [
            [
                (f"{sign.glyph} ", role),
                (f"{item.number:>4}  ", "muted"),
                (f"{self._clock.brief(item.at)}  ", "ink"),
                (fit(visible(item.who), _WHO), "ink"),
                (f"  {visible(item.summary)}", role),
            ]
        ]
