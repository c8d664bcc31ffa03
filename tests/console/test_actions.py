"""Every action is declared once: keys, methods, help and docs agree."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from atsn_tui.console.action import Place
from atsn_tui.console.actions import ACTIONS, HEADINGS, bindings, footer_actions, of
from atsn_tui.console.agenda.screen import AgendaScreen
from atsn_tui.console.app import Console
from atsn_tui.console.dialogs.help import help_blocks
from atsn_tui.console.footer import fitting, key_of
from atsn_tui.console.keys import keys_page
from atsn_tui.console.lists.document import Document, lay_out
from atsn_tui.console.lists.line_list import LineList
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.console.main.sidebar import Sidebar
from atsn_tui.console.preview.screen import PreviewScreen

OWNERS: dict[Place, type] = {
    "app": Console,
    "main": MainScreen,
    "preview": PreviewScreen,
    "agenda": AgendaScreen,
    "list": LineList,
    "tree": Sidebar,
    "page": Document,
}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: f"{action.place}-{action.id}")
def test_each_action_has_its_method(action: object) -> None:
    assert callable(getattr(OWNERS[action.place], f"action_{action.id}", None))  # type: ignore[attr-defined]


@pytest.mark.parametrize("screen", ["main", "preview", "agenda"])
def test_no_key_means_two_things_on_one_screen(screen: Place) -> None:
    keys = Counter(key for place in (screen, "app") for action in of(place) for key in action.keys)
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("screen", ["main", "preview", "agenda"])
def test_lists_take_no_key_from_the_screens(screen: Place) -> None:
    taken = {key for place in ("list", "tree", "page") for action in of(place) for key in action.keys}
    lost = {key for action in (*of(screen), *of("app")) for key in action.keys} & taken
    assert lost <= {"enter"}, "enter reaches the screen as a message of the list"


@pytest.mark.parametrize("owner", OWNERS.values(), ids=lambda owner: owner.__name__)
def test_bindings_are_the_declared_ones(owner: type) -> None:
    place = next(place for place, other in OWNERS.items() if other is owner)
    assert bindings(place) == owner.BINDINGS  # type: ignore[attr-defined]


def test_the_help_shows_every_action_once_and_fits_80_columns() -> None:
    shown = [getattr(block, "value", "") for block in help_blocks()]
    places = [place for _, places in HEADINGS for place in places]
    for place in places:
        for action in of(place):
            assert action.help in shown
    lines = lay_out(help_blocks(), 73, 17)
    assert len(lines) == len(help_blocks()), "no line of the help is wrapped"


def test_keys_md_is_made_from_the_actions() -> None:
    page = Path(__file__).parents[2] / "docs" / "keys.md"
    assert page.read_text("utf-8") == keys_page(), "run: python -m atsn_tui.console.keys > docs/keys.md"


@pytest.mark.parametrize("context", ["group", "task", "peer", "link"])
def test_the_footer_always_has_room_for_help(context: str) -> None:
    keys = [key_of(action) for action in footer_actions("main", context)]  # type: ignore[arg-type]
    assert fitting(keys, 80)[-1][1] == "Help"
    assert fitting(keys, 20)[-1][1] == "Help"


def test_the_first_screen_does_not_wait_for_ssh() -> None:
    code = "import sys, atsn_tui.console.app; print({'asyncssh', 'croniter', 'holidays'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
