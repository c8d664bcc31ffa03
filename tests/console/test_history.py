"""The history of a group in the console, undoing with a preview, and the audit log."""

import pytest
from msgspec.structs import replace

from atsn_tui.console.dialogs import undo
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.dialogs.undo import UndoSheet
from atsn_tui.console.main.history_list import past_sign
from atsn_tui.errors import Moved
from tests.console import sample
from tests.console.desks import console
from tests.console.pasts import GROUP, KEPT_UNDO, MIRROR, REPORT, UNDO, past


async def test_the_history_lists_changes_and_shows_one_in_full() -> None:
    async with console(sample.site(), (120, 40)) as driver:
        await driver.press("4")
        await driver.until(lambda: driver.shows("changed sync-mirror", "push, easy", "back to change 4"))
        assert not driver.shows("u Undo")
        await driver.press("4")
        await driver.until(lambda: driver.shows("u Undo"))
        await driver.press("j", "j", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, Page))
        await driver.until(
            lambda: driver.shows("Change 5 of Replicated tasks", "192.0.2.20", "old-report", "3600")
        )


async def test_each_change_that_was_made_here_is_marked_by_what_it_did() -> None:
    twin = sample.site()
    twin.history.past = [
        past(9, "edit", "ada", "cli", "added and changed", replace(REPORT, why="added"), MIRROR),
        past(8, "edit", "ada", "cli", "deleted old-report", REPORT),
        past(7, "import", "ada", "cli", "imported one", replace(REPORT, why="added")),
        past(6, "edit", "ada", "cli", "changed sync-mirror", MIRROR),
    ]
    async with console(twin, (120, 40)) as driver:
        await driver.press("4")
        await driver.until(lambda: driver.shows("changed sync-mirror"))
        signs = {item.number: past_sign(item).glyph for item in driver.main.details.history.items}
        assert signs == {9: "~", 8: "−", 7: "+", 6: "~"}
        assert driver.shows("−    8", "+    7", "~    6")


async def test_a_tasks_history_has_only_what_touched_it() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "4")
        await driver.until(lambda: driver.shows("Nothing was changed yet"))


@pytest.mark.parametrize("key", ["enter", "y"])
async def test_what_an_undo_shows_is_confirmed_like_any_other_question(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "SEEN", 0.01)
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("u")
        await driver.until(lambda: isinstance(driver.app.screen, UndoSheet) and not driver.app.screen.fresh)
        await driver.press(key)
        await driver.until(lambda: ("history.undo", (GROUP, 6)) in twin.calls)


async def test_undo_shows_what_changes_before_it_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "SEEN", 1_000.0)
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("u")
        await driver.until(lambda: isinstance(driver.app.screen, UndoSheet))
        assert driver.shows("back to change 6", "old-report")
        await driver.press("enter")
        assert isinstance(driver.app.screen, UndoSheet)
        await driver.press("escape")
        assert not [call for call in twin.calls if call[0] == "history.undo"]
        await driver.press("u")
        await driver.until(lambda: isinstance(driver.app.screen, UndoSheet))
        await driver.press("a")
        await driver.until(lambda: ("history.undo", (GROUP, 6)) in twin.calls)
        await driver.until(lambda: driver.toasts)
        assert "as it was after change 6" in driver.toasts[-1]


async def test_an_undo_follows_the_group_and_does_what_is_shown_or_nothing() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("u")
        await driver.until(lambda: driver.shows("a Undo this"))
        assert not driver.shows("nightly-vacuum")
        more = replace(
            UNDO, changes=(*UNDO.changes, replace(UNDO.changes[-1], name="nightly-vacuum")), base="2"
        )
        twin.history.undo_view = more
        await twin.touch()
        await driver.until(lambda: driver.shows("The group changed at 09:30:00", "− nightly-vacuum"))
        await driver.press("a")
        assert "Something has just changed: look at it first, then press a." in driver.toasts
        assert not twin.history.undone
        sheet = driver.app.screen
        await driver.until(lambda: isinstance(sheet, UndoSheet) and not sheet.resting)
        await driver.press("a")
        await driver.until(lambda: twin.history.undone == [more])


async def test_an_undo_that_has_become_empty_is_not_done() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("u")
        await driver.until(lambda: driver.shows("a Undo this"))
        twin.history.undo_view = replace(UNDO, state="in_sync", changes=(), base="2")
        await twin.touch()
        await driver.until(lambda: driver.shows("left to undo.") and not driver.shows("a Undo this"))
        sheet = driver.app.screen
        await driver.until(lambda: isinstance(sheet, UndoSheet) and not sheet.resting)
        await driver.press("a")
        assert driver.app.screen is sheet
        assert not twin.history.undone


async def test_on_a_change_of_the_history_undo_goes_back_to_before_it() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("4")
        await driver.until(lambda: driver.main.details.history.items)
        await driver.press("4", "j", "j", "u")
        await driver.until(lambda: isinstance(driver.app.screen, UndoSheet))
        assert ("history.preview_undo", (GROUP, 4)) in twin.calls


async def test_on_a_strict_copy_the_preview_says_what_an_undo_here_means() -> None:
    twin = sample.site()
    twin.history.undo_view = KEPT_UNDO
    async with console(twin) as driver:
        await driver.press("u")
        await driver.until(lambda: driver.shows("kept by hq2", "better undo it", "Undo here all the same"))
        await driver.press("a")
        await driver.until(lambda: driver.toasts)
        assert "takes nothing from peers until you release it with h" in driver.toasts[-1]


async def test_a_group_that_takes_nothing_says_so_and_h_releases_it() -> None:
    twin = sample.site()
    group = twin.group_views[GROUP]
    twin.group_views[GROUP] = replace(group, intake_paused="since 2026-11-22T08:00:00.000000Z by ada")
    async with console(twin) as driver:
        await driver.until(lambda: "takes nothing from peers" in driver.details)
        await driver.press("h")
        await driver.until(lambda: driver.shows("Release it"))
        await driver.press("y")
        await driver.until(lambda: ("holds.release", GROUP) in twin.calls)


async def test_what_cannot_be_undone_is_said_and_nothing_happens() -> None:
    twin = sample.site()
    twin.history.undo_view = replace(UNDO, state="in_sync", changes=())
    async with console(twin) as driver:
        await driver.press("u")
        await driver.until(lambda: driver.toasts)
        assert "nothing to undo" in driver.toasts[-1]
        twin.history.undo_view, twin.failure = UNDO, Moved("group changed after the undo was shown")
        await driver.press("u")
        await driver.until(lambda: isinstance(driver.app.screen, UndoSheet))
        await driver.press("a")
        await driver.until(lambda: any("after the undo was shown" in text for text in driver.toasts))


async def test_the_audit_log_is_a_key_away_and_foreign_text_cannot_steer_it() -> None:
    async with console(sample.site(), (120, 40)) as driver:
        await driver.press("L")
        await driver.until(lambda: driver.shows("who changed what", "peer.change", "config.toml", "a[/b]"))
        assert "\x1b" not in driver.text
