"""A scrolling area that paints lines of cells. Its text is never markup."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.scroll_view import ScrollView
from textual.strip import Strip

from atsn_tui.console.look.roles import ROLES, Line, Role
from atsn_tui.console.look.wrapping import fit_line


class Canvas(ScrollView, can_focus=True):
    """Paints lines of cells in the theme's roles."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"canvas--{role}" for role in ROLES}

    DEFAULT_CSS = "\n".join(
        (
            "Canvas {",
            "  scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; scrollbar-gutter: stable;",
            "  overflow-x: hidden; background: $canvas; color: $ink;",
            "  &:focus { background-tint: $canvas 0%; }",
            "  & > .canvas--ink { color: $ink; }",
            "  & > .canvas--strong { color: $ink; text-style: bold; }",
            "  & > .canvas--muted { color: $muted; }",
            "  & > .canvas--faint { color: $faint; }",
            "  & > .canvas--accent { color: $accent; }",
            "  & > .canvas--title { color: $accent; text-style: bold; }",
            "  & > .canvas--good { color: $good; }",
            "  & > .canvas--warn { color: $warn; }",
            "  & > .canvas--bad { color: $bad; }",
            "}",
        )
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._brushes: dict[tuple[Role, Style | None], Style] = {}

    def notify_style_update(self) -> None:
        """Forget the styles that were made from the old ones."""
        self._brushes.clear()
        super().notify_style_update()

    @property
    def text_width(self) -> int:
        """The cells that a line may take."""
        return max(1, self.scrollable_content_region.width)

    def paint(self, line: Line, width: int, under: Style | None = None) -> Strip:
        """The line as a strip of exactly `width` cells; `under` is painted behind it."""
        segments: list[Segment] = []
        used = 0
        for text, role in fit_line(line, width):
            segments.append(Segment(text, self._brush(role, under)))
            used += cell_len(text)
        if used < width:
            segments.append(Segment(" " * (width - used), self._brush("ink", under)))
        return Strip(segments, width)

    def _brush(self, role: Role, under: Style | None) -> Style:
        brush = self._brushes.get((role, under))
        if brush is None:
            style = self.get_component_rich_style(f"canvas--{role}", partial=True)
            base = self.rich_style if under is None else self.rich_style + under
            brush = self._brushes[role, under] = base + style
        return brush
