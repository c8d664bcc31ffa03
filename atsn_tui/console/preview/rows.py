"""The links of a preview, and how each stands."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.plain import visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.states import Sign, result_sign
from atsn_tui.console.look.wrapping import spread
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import LinkResult
from atsn_tui.node.views import LinkView


@dataclass(frozen=True)
class GroupHeading:
    """The group of the links below, where a preview spans several or is about a peer."""

    group: str


@dataclass(frozen=True)
class LinkRow:
    """One link; `busy` says what is done with it at the moment."""

    link: LinkView
    mode: Mode
    result: LinkResult | None
    skipped: bool
    busy: str

    @property
    def sign(self) -> Sign:
        """Glyph and words for it."""
        if self.busy:
            return Sign("◌", self.busy, "accent")
        if self.result is None:
            return Sign("·", "not compared", "muted")
        if self.skipped and self.result.state == "differs":
            return Sign("○", "skipped", "muted")
        return result_sign(self.result)


Row = GroupHeading | LinkRow


def rows(links: Sequence[LinkRow], named: bool) -> list[Row]:
    """The rows in planning order, with headings if they are to be named or there are several groups."""
    several = named or len({row.link.group for row in links}) > 1
    listed: list[Row] = []
    for row in links:
        if several and (not listed or _group(listed[-1]) != row.link.group):
            listed.append(GroupHeading(row.link.group))
        listed.append(row)
    return listed


def _group(row: Row) -> str:
    return row.group if isinstance(row, GroupHeading) else row.link.group


class LinkRows(LineList[Row]):
    """Two lines for each link: peer, direction and mode; then what replication would do or did."""

    def key_of(self, item: Row) -> Hashable:
        """The link's id."""
        return ("group", item.group) if isinstance(item, GroupHeading) else item.link.id

    def can_select(self, item: Row) -> bool:
        """Only links."""
        return isinstance(item, LinkRow)

    def height_of(self, item: Row) -> int:
        """One line for a heading."""
        return 1 if isinstance(item, GroupHeading) else 2

    def draw(self, item: Row, width: int) -> list[Line]:
        """The row's lines."""
        if isinstance(item, GroupHeading):
            return [[(visible(item.group), "muted")]]
        sign = item.sign
        arrow = "→" if item.link.direction == "push" else "←"
        name: Line = [
            (f"{sign.glyph} ", sign.role),
            (f"{arrow} ", "muted"),
            (visible(item.link.peer), "muted" if item.skipped else "ink"),
        ]
        changed = item.mode != item.link.mode
        mode: Line = [(f"{item.mode}{'*' if changed else ''}", "accent" if changed else "muted")]
        return [spread(name, mode, width), [("    ", "ink"), (sign.word, sign.role)]]
