"""Lists of any length: the cursor stays on its item, and only what is visible is drawn."""

from collections.abc import Hashable

from textual.app import App, ComposeResult

from atsn_tui.console.lists.document import GAP, Block, Document, Fact, Words, lay_out
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.look.roles import Line


class Words2(LineList[str]):
    """Strings, two lines each; those that begin with # cannot be selected."""

    def key_of(self, item: str) -> Hashable:
        return item

    def height_of(self, item: str) -> int:
        return 1 if item.startswith("#") else 2

    def can_select(self, item: str) -> bool:
        return not item.startswith("#")

    def draw(self, item: str, width: int) -> list[Line]:
        return [[(item, "ink")], [("  below", "muted")]][: self.height_of(item)]


class Harness(App[None]):
    """One list."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        from atsn_tui.console.look.themes import NAMES

        return dict.fromkeys(NAMES, "#808080")

    def compose(self) -> ComposeResult:
        yield Words2(empty="nothing here")


async def test_the_cursor_skips_what_cannot_be_selected() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        listed = app.query_one(Words2)
        listed.show(["#a", "one", "#b", "two"])
        await pilot.pause()
        assert listed.current == "one"
        await pilot.press("down")
        assert listed.current == "two"
        await pilot.press("down", "up", "up")
        assert listed.current == "one"


async def test_the_cursor_and_the_view_stay_when_items_come_above() -> None:
    app = Harness()
    async with app.run_test(size=(40, 10)) as pilot:
        listed = app.query_one(Words2)
        listed.show([f"item {number}" for number in range(100)])
        listed.select("item 50")
        await pilot.pause()
        place = 2 * listed.cursor - listed.scroll_offset.y
        listed.show([f"new {number}" for number in range(7)] + list(listed.items))
        await pilot.pause()
        assert listed.current == "item 50"
        assert 2 * listed.cursor - listed.scroll_offset.y == place


async def test_an_empty_list_says_so_and_takes_any_key() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        listed = app.query_one(Words2)
        await pilot.press("down", "up", "end", "home", "pagedown", "pageup", "enter")
        assert listed.current is None
        assert "nothing here" in listed.render_line(0).text


async def test_a_click_moves_the_cursor_to_the_clicked_item() -> None:
    app = Harness()
    async with app.run_test() as pilot:
        listed = app.query_one(Words2)
        listed.show(["one", "two", "three"])
        await pilot.pause()
        await pilot.click(Words2, offset=(3, 3))
        assert listed.current == "two"


def test_facts_hang_behind_their_labels() -> None:
    blocks: list[Block] = [Fact("Label", "some words that wrap"), GAP, Words("text\nmore", lead="· ")]
    lines = ["".join(text for text, _ in line).rstrip() for line in lay_out(blocks, 18, 8)]
    assert lines == ["Label   some words", "        that wrap", "", "· text", "  more"]


async def test_a_document_wraps_anew_when_it_is_resized() -> None:
    class Reader(Harness):
        def compose(self) -> ComposeResult:
            yield Document([Words("word " * 30)])

    app = Reader()
    async with app.run_test(size=(80, 24)) as pilot:
        page = app.query_one(Document)
        assert page.virtual_size.height == 2
        await pilot.resize_terminal(40, 24)
        await pilot.pause()
        assert page.virtual_size.height == 5
