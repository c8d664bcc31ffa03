"""A list of any length: keyed items, a cursor that stays on its item, only visible lines drawn."""

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from itertools import accumulate
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from atsn_tui.console.actions import bindings
from atsn_tui.console.lists.canvas import Canvas
from atsn_tui.console.look.roles import Cell, Line

T = TypeVar("T")

BAR, IDLE_BAR = "▌", "¦"
"""Mark the line of the cursor, with the focus and without it, so that both show without colours too."""


class LineList(Canvas, Generic[T]):
    """Shows items; a subclass says how one is drawn and what its key is."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--cursor", "lines--idle"}

    DEFAULT_CSS = """
    LineList {
        & > .lines--cursor { background: $cursor; }
        & > .lines--idle { background: $cursor-idle; }
    }
    """

    cursor: reactive[int] = reactive(0, init=False)

    class Highlighted(Message):
        """The cursor went to another item, or its item changed."""

        def __init__(self, sender: "LineList[Any]") -> None:
            super().__init__()
            self.list = sender

        @property
        def control(self) -> "LineList[Any]":
            """The list, for selectors."""
            return self.list

    class Chosen(Highlighted):
        """Enter was pressed on an item, or it was clicked while it had the cursor."""

    def __init__(self, *, id: str | None = None, empty: str = "") -> None:
        super().__init__(id=id)
        self.items: Sequence[T] = ()
        self.empty = empty
        self._keys: list[Hashable] = []
        self._starts: list[int] = [0]

    # What a subclass says

    def key_of(self, item: T) -> Hashable:
        """What identifies an item from one refresh to the next."""
        raise NotImplementedError

    def draw(self, item: T, width: int) -> list[Line]:
        """The item's lines, without the cursor's bar."""
        raise NotImplementedError

    def height_of(self, item: T) -> int:
        """How many lines `draw` gives."""
        return 1

    def can_select(self, item: T) -> bool:
        """Whether the cursor may stand on the item."""
        return True

    # Items and cursor

    @property
    def current(self) -> T | None:
        """The item under the cursor."""
        if 0 <= self.cursor < len(self.items) and self.can_select(self.items[self.cursor]):
            return self.items[self.cursor]
        return None

    @property
    def first(self) -> int:
        """Where the first item is that the cursor may stand on."""
        return self._nearest(0)

    def show(self, items: Sequence[T]) -> None:
        """Replace the items; the cursor stays on its item, else near where it was, and so does the view."""
        before = self.current
        key = None if before is None else self.key_of(before)
        offset = self._starts[self.cursor] - self.scroll_offset.y if self.cursor < len(self._starts) else 0
        self.items = items
        self._keys = [self.key_of(item) for item in items]
        self._starts = [0, *accumulate(self.height_of(item) for item in items)]
        self._resize()
        cursor = self._index(key) if key is not None else None
        moved = cursor is not None and cursor != self.cursor
        with self.prevent(LineList.Highlighted):
            self.set_reactive(LineList.cursor, self._nearest(self.cursor if cursor is None else cursor))
        if moved:
            self.scroll_to(y=self._starts[self.cursor] - offset, animate=False, force=True)
        self.refresh()
        after = self.current
        if after is not before:
            self.post_message(self.Highlighted(self))

    def select(self, key: Hashable) -> bool:
        """Put the cursor on the item with that key; False if there is none."""
        index = self._index(key)
        if index is None:
            return False
        self.cursor = index
        return True

    def _index(self, key: Hashable) -> int | None:
        try:
            return self._keys.index(key)
        except ValueError:
            return None

    def _nearest(self, index: int) -> int:
        """The selectable item nearest to that place, downwards first."""
        last = len(self.items) - 1
        first = max(0, min(index, last))
        places = [*range(first, last + 1), *range(first - 1, -1, -1)]
        return next((place for place in places if self.can_select(self.items[place])), 0)

    def _step(self, start: int, by: int) -> int:
        """The selectable item at least `by` places on, or the last one on the way."""
        sign = 1 if by > 0 else -1
        place = max(0, min(len(self.items) - 1, start + by))
        while 0 <= place < len(self.items) and not self.can_select(self.items[place]):
            place += sign
        return place if 0 <= place < len(self.items) else start

    def watch_cursor(self, before: int, after: int) -> None:
        """Bring the item into view and tell."""
        for index in (before, after):
            self._refresh_item(index)
        self._reveal()
        self.post_message(self.Highlighted(self))

    def _reveal(self) -> None:
        if not self.items:
            return
        top = self._starts[self.cursor]
        first = self._step(-1, 1) == self.cursor
        height = self.height_of(self.items[self.cursor])
        region = Region(0, 0 if first else top, 1, top + height if first else height)
        self.scroll_to_region(region, animate=False, force=True)

    def _refresh_item(self, index: int) -> None:
        if index < len(self.items):
            top = self._starts[index] - self.scroll_offset.y
            self.refresh(Region(0, top, self.size.width, self.height_of(self.items[index])))

    # Drawing

    def _resize(self) -> None:
        self.virtual_size = Size(self.text_width, max(1, self._starts[-1]))

    def on_resize(self) -> None:
        """Keep the cursor in view when the window shrinks."""
        self._resize()
        self._reveal()

    def on_focus(self) -> None:
        """Show the cursor as active."""
        self.refresh()

    def on_blur(self) -> None:
        """Show the cursor as idle."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        width = self.text_width
        line = y + self.scroll_offset.y
        if not self.items:
            return self.paint([(f" {self.empty}", "muted")] if y == 0 else [], width)
        if line >= self._starts[-1]:
            return self.paint([], width)
        index = bisect_right(self._starts, line) - 1
        item = self.items[index]
        cells = self.draw(item, width - 1)[line - self._starts[index]]
        if index != self.cursor or not cells or not self.can_select(item):
            return self.paint([(" ", "ink"), *cells], width)
        bar: Cell = (BAR, "accent") if self.has_focus else (IDLE_BAR, "muted")
        return self.paint([bar, *cells], width, self._under())

    def _under(self) -> Style:
        name = "lines--cursor" if self.has_focus else "lines--idle"
        plain = self.has_focus and self.app.no_color  # without colours the bar alone is easily overlooked
        return Style(bgcolor=self.get_component_rich_style(name).bgcolor, reverse=plain or None)

    # Keys and mouse

    def action_up(self) -> None:
        """Go one item up."""
        self.cursor = self._step(self.cursor, -1)

    def action_down(self) -> None:
        """Go one item down."""
        self.cursor = self._step(self.cursor, 1)

    def action_page_up(self) -> None:
        """Go one screenful up."""
        self.cursor = self._nearest(self.cursor - max(1, self.size.height - 1))

    def action_page_down(self) -> None:
        """Go one screenful down."""
        self.cursor = self._nearest(self.cursor + max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Go to the first item."""
        self.cursor = self._nearest(0)

    def action_last(self) -> None:
        """Go to the last item."""
        self.cursor = self._nearest(len(self.items) - 1)

    def action_choose(self) -> None:
        """Open the item."""
        if self.current is not None:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where it was clicked; a second click opens."""
        line = event.y + self.scroll_offset.y
        if not self.items or line >= self._starts[-1]:
            return
        index = bisect_right(self._starts, line) - 1
        if not self.can_select(self.items[index]):
            return
        if index == self.cursor and event.chain > 1:
            self.action_choose()
        self.cursor = index
