"""A scrolling page of facts and paragraphs, wrapped to its width."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from textual.binding import BindingType
from textual.geometry import Size
from textual.strip import Strip

from atsn_tui.console.actions import bindings
from atsn_tui.console.lists.canvas import Canvas
from atsn_tui.console.look.plain import fit, shorten, visible
from atsn_tui.console.look.roles import Line, Role
from atsn_tui.console.look.wrapping import fit_line, wrap


@dataclass(frozen=True)
class Fact:
    """A labelled value. Text from elsewhere is made visible here."""

    label: str
    value: str
    role: Role = "ink"
    label_role: Role = "muted"


@dataclass(frozen=True)
class Words:
    """A paragraph; `indent` cells from the left."""

    text: str
    role: Role = "ink"
    indent: int = 0
    lead: str = ""
    """A glyph in front, in the same role; the other lines hang behind it."""


@dataclass(frozen=True)
class Cells:
    """A paragraph of several roles."""

    cells: Line = field(default_factory=list)
    cut: bool = False
    """What does not fit is cut instead of wrapped."""


@dataclass(frozen=True)
class Verbatim:
    """A line as a program printed it: its blanks stay, and what does not fit goes on in the next line."""

    text: str
    role: Role = "ink"


GAP = Words("")
"""An empty line."""

Block = Fact | Words | Cells | Verbatim

LABEL_WIDTH = 14


def lay_out(blocks: Iterable[Block], width: int, label: int = LABEL_WIDTH) -> list[Line]:
    """The blocks as lines of at most `width` cells."""
    lines: list[Line] = []
    for block in blocks:
        match block:
            case Fact():
                lead = _lead(block.label, label, width)
                first: Line = [(lead, block.label_role)]
                lines += _hang(first, cell_len(lead), _safe(block.value, block.role), width)
            case Words():
                lead = " " * block.indent + block.lead
                lines += _hang([(lead, block.role)], len(lead), _safe(block.text, block.role), width)
            case Cells():
                line = [(visible(text), role) for text, role in block.cells]
                lines += [fit_line(line, width)] if block.cut else wrap(line, width)
            case Verbatim():
                parts = chop_cells(visible(block.text), max(1, width)) or [""]
                lines += [[(part, block.role)] for part in parts]
    return lines


def _safe(text: str, role: Role) -> Line:
    return [(visible(text, lines=True), role)]


def _lead(label: str, room: int, width: int) -> str:
    """The label in its column, with a blank behind it; a long one takes more, up to half of the width."""
    return fit(label, room) if cell_len(label) < room else f"{shorten(label, max(room, width // 2) - 1)} "


def _hang(first: Line, indent: int, cells: Line, width: int) -> list[Line]:
    body = wrap(cells, width - indent)
    blank: Line = [(" " * indent, "ink")]
    return [[*(first if number == 0 else blank), *line] for number, line in enumerate(body)]


class Document(Canvas):
    """Shows blocks; scrolls by keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("page")

    DEFAULT_CSS = "Document { padding: 0 0 0 1; }"

    def __init__(
        self, blocks: Iterable[Block] = (), *, id: str | None = None, label: int = LABEL_WIDTH
    ) -> None:
        super().__init__(id=id)
        self.blocks: tuple[Block, ...] = tuple(blocks)
        self.label_width = label
        self._lines: list[Line] = []

    def show(self, blocks: Iterable[Block], *, top: bool = False) -> None:
        """Replace the page; with `top`, scroll back to its beginning."""
        self.blocks = tuple(blocks)
        self._relay()
        if self.styles.is_auto_height:
            self.refresh(layout=True)
        if top:
            self.scroll_to(y=0, animate=False, force=True)

    @property
    def plain(self) -> str:
        """The page as it stands on the screen, without styles."""
        return "\n".join("".join(text for text, _ in line).rstrip() for line in self._lines)

    def on_resize(self) -> None:
        """Wrap anew."""
        self._relay()

    def _relay(self) -> None:
        if self.size.width:
            self._lines = lay_out(self.blocks, self.text_width, self.label_width)
            self.virtual_size = Size(self.text_width, max(1, len(self._lines)))
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """How many lines the page takes at that width, where the height follows the text."""
        return max(1, len(lay_out(self.blocks, width, self.label_width)))

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        number = y + self.scroll_offset.y
        return self.paint(self._lines[number] if number < len(self._lines) else [], self.text_width)

    def action_up(self) -> None:
        """Scroll one line up."""
        self.scroll_up(animate=False)

    def action_down(self) -> None:
        """Scroll one line down."""
        self.scroll_down(animate=False)

    def action_page_up(self) -> None:
        """Scroll one screenful up."""
        self.scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        """Scroll one screenful down."""
        self.scroll_page_down(animate=False)

    def action_first(self) -> None:
        """Scroll to the top."""
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        """Scroll to the end."""
        self.scroll_end(animate=False)
