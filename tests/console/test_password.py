"""The question for the password, before there is a node to show."""

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from atsn_tui.console.password import PasswordQuestion
from atsn_tui.home.home import Home

HOME = Home(Path("/srv/[b]nodes[/b]/hq"))
SIZES = [(80, 24), (120, 40)]


async def test_what_is_typed_is_the_answer_and_is_not_shown() -> None:
    app = PasswordQuestion(HOME)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("enter")
        await pilot.press(*"open [sesame]".replace(" ", ""), "space", "x")
        assert app.query_one(Input).value == "open[sesame] x"
        assert "sesame" not in app.export_screenshot()
        await pilot.press("enter")
    assert app.return_value == "open[sesame] x"


@pytest.mark.parametrize("key", ["escape", "ctrl+q", "ctrl+c"])
async def test_it_can_be_left(key: str) -> None:
    app = PasswordQuestion(HOME)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("x", key)
    assert app.return_value is None


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_picture(size: tuple[int, int], snap_compare: Any) -> None:
    app = PasswordQuestion(HOME, "That is not the password. Try again.", "atsn-dark")
    assert snap_compare(app, terminal_size=size, press=("a", "b", "c"))
