"""Pictures of the screens at both sizes. After a wanted change: pytest tests/console --snapshot-update."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from atsn_tui.console.app import Console
from atsn_tui.console.desk import Desk
from tests.console import sample
from tests.console.desks import Driver
from tests.console.twin import Twin

SIZES = [(80, 24), (120, 40)]

SCENES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "main": ("site", ("tab", "j", "j"), "Details  sync-mirror"),
    "group": ("site", (), "Kind          replicated"),
    "peer": ("site", ("j", "j", "j", "j", "j", "j"), "Details  dr"),
    "runs": ("site", ("tab", "j", "j", "2"), "not run"),
    "output": ("site", ("tab", "j", "j", "3"), "12 of 80 MB"),
    "replicate": ("site", ("r", "tab", "j", "j"), "web1."),
    "held": ("site", ("w", "j", "a"), "The receiver would hold this"),
    "agenda": ("site", ("a", "f", "F"), "failed"),
    "help": ("site", ("question_mark",), "Main screen"),
    "edit": ("site", ("tab", *"jjjjjjj", "e"), "Task databases/nightly-backup"),
    "delete": ("site", ("tab", "d"), "Delete 1 task"),
    "history": ("site", ("4",), "Settings: email.to"),
    "change": ("site", ("4", "4", "enter"), "Change 7 of"),
    "undo": ("site", ("u",), "Undo: Replicated tasks"),
    "audit": ("site", ("L",), "who changed what"),
    "empty": ("empty", (), "Import a crontab"),
}


def settled(keys: tuple[str, ...], shown: str) -> Callable[["Pilot[None]"], Awaitable[None]]:
    """Press keys once the node is shown, each once the one before had its effect."""

    async def run(pilot: "Pilot[None]") -> None:
        app = pilot.app
        assert isinstance(app, Console)
        driver = Driver(app, pilot)
        await driver.until(lambda: driver.shows("clean-tmp") or driver.shows("Connect a peer"))
        for key in keys:
            await driver.press(key)
            if key == "a" and keys[0] == "a":
                await driver.until(lambda: driver.shows("now, 09:30"))
            if key in ("r", "w"):
                await driver.until(lambda: driver.shows("● live"))
        await driver.until(lambda: driver.shows(shown))

    return run


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
def test_picture(scene: str, size: tuple[int, int], snap_compare: Any) -> None:
    node, keys, shown = SCENES[scene]
    twin = sample.site() if node == "site" else Twin(running=False)
    app = Console(Desk(twin.node, sample.CLOCK), "atsn-dark")
    assert snap_compare(app, terminal_size=size, run_before=settled(keys, shown))


@pytest.mark.parametrize("theme", ["atsn-light", "atsn-high-contrast"])
def test_picture_in_other_themes(theme: str, snap_compare: Any) -> None:
    app = Console(Desk(sample.site().node, sample.CLOCK), theme)
    assert snap_compare(app, terminal_size=(80, 24), run_before=settled(("tab", "j"), "Details  old-report"))
