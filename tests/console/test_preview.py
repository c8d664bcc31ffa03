"""The replicate screen: what it shows is what it applies, it follows what moves, and it can always be left."""

import asyncio

import pytest
from msgspec.structs import replace

from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.look.states import result_sign
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.console.preview.allow import AllowForm, needed
from atsn_tui.console.preview.changes import change_rows
from atsn_tui.console.preview.rows import GroupHeading
from atsn_tui.console.preview.screen import PreviewScreen
from atsn_tui.model.brake import Allowance, Brake
from atsn_tui.model.result import Applied
from tests.console import sample
from tests.console.desks import Driver, console
from tests.console.twin import Twin, TwinSession

WEB1, WEB4 = "00000001-0000-4000-8000-00000000000a", "00000004-0000-4000-8000-00000000000a"


async def opened(driver: Driver, twin: Twin, *keys: str) -> TwinSession:
    """The replicate screen, once it is live and the keys after `r` were pressed; its session."""
    first, rest = (keys or ("r",)), ()
    if "r" in keys:
        first, rest = keys[: keys.index("r") + 1], keys[keys.index("r") + 1 :]
    await driver.press(*first)
    await driver.until(lambda: isinstance(driver.app.screen, PreviewScreen) and driver.shows("● live"))
    await driver.press(*rest)
    return twin.replication.sessions[-1]


async def test_every_link_shows_peer_direction_mode_and_what_would_happen() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver, twin)
        assert driver.shows(
            "→ web1", "strict", "+1 ~3 −1", "→ web2", "easy", "in sync", "○ → web3", "offline"
        )
        assert driver.shows("−12, held", "✗ ← dr", "refused")


async def test_every_change_shows_why_and_its_fields_from_and_to() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver, twin)
        await driver.press("tab", "j", "j")
        assert driver.shows("~ certs/rotate-certs", "newer here", "changed 2 min ago, 22 Nov 2026 09:28:00")
        assert driver.shows("− /usr/local/bin/rotate-certs", "+ /usr/local/bin/rotate-certs --reload nginx")
        assert driver.shows("0 3 * * * → */30 * * * *", "What web1 says")


async def test_errors_and_brakes_stand_above_the_changes() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver, twin, "r", "j", "j")
        assert driver.shows("✗ web3 cannot be reached at web3.example:8022")
        await driver.press("j")
        assert driver.shows("‖ Would be held: 12 of 20 tasks would be")


async def test_apply_carries_out_what_is_shown_and_the_results_stay() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        session = await opened(driver, twin)
        await driver.press("j", "j", "j", "space", "a")
        await driver.until(lambda: driver.shows("✓ applied on 1 of 1 link"))
        assert session.applied == [(WEB1, Allowance())]
        assert driver.shows("applied +1 ~3 −1", "skipped", "offline", "r Look again", "esc Back")
        await driver.press("r")
        await driver.until(lambda: driver.shows("● live"))


async def test_under_the_brake_the_number_of_deletions_must_be_typed() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        session = await opened(driver, twin)
        await driver.press("a")
        await driver.until(lambda: isinstance(driver.app.screen, AllowForm))
        assert driver.shows("‖ web4: 12 of 20 tasks would be deleted")
        await driver.type("11")
        await driver.press("enter")
        assert driver.shows("not 12 deletions")
        assert session.applied == []
        await driver.press("backspace")
        await driver.type("2")
        await driver.press("enter")
        await driver.until(lambda: driver.shows("✓ applied on 2 of 2 links"))
        assert session.applied == [(WEB1, Allowance(deletions=12)), (WEB4, Allowance(deletions=12))]


async def test_other_brakes_ask_for_a_yes_and_name_the_reason() -> None:
    twin = sample.site()
    brake = Brake(code="restored", text="the primary's history went back: it was restored")
    twin.replication.found[WEB4] = replace(twin.replication.found[WEB4], brakes=(brake,))
    async with console(twin) as driver:
        session = await opened(driver, twin)
        await driver.press("a")
        await driver.until(lambda: driver.shows("‖ web4: the primary's history went back"))
        await driver.type("no")
        await driver.press("enter")
        assert driver.shows("type yes or press esc")
        await driver.press("backspace", "backspace")
        await driver.type("yes")
        await driver.press("enter")
        await driver.until(lambda: driver.shows("✓ applied on 2 of 2 links"))
        assert session.applied[-1] == (WEB4, Allowance(restored=True))


def test_an_allowance_covers_each_plan_and_no_more() -> None:
    held = sample.held_result()
    future = replace(held, brakes=(Brake(code="future", text="dates ahead"),), deletions=40)
    assert needed([held, future]) == Allowance(deletions=12, future=True)


async def test_when_something_moves_it_is_shown_and_apply_rests() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        session = await opened(driver, twin, "r", "j", "j", "j", "space", "k", "k", "k")
        moved = replace(twin.replication.found[WEB1], changes=sample.CHANGES[:2])
        twin.replication.found[WEB1] = moved
        await session.moves.put(moved)
        await driver.until(lambda: driver.shows("web1 compared anew 09:30:00", "+1 ~1"))
        assert not driver.shows("a Apply")
        await driver.press("a")
        assert session.applied == []
        assert "Something has just changed: look at it first, then press a." in driver.toasts
        await driver.until(lambda: driver.shows("a Apply"))


async def test_each_move_is_in_sight_for_the_whole_rest_before_it_can_be_applied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    twin = sample.site()
    async with console(twin) as driver:
        session = await opened(driver, twin, "r", "j", "j", "j", "space", "k", "k", "k")
        first, second = (replace(twin.replication.found[WEB1], changes=sample.CHANGES[:n]) for n in (2, 1))
        monkeypatch.setattr("atsn_tui.console.preview.screen.RECENT", 1.5)
        await session.moves.put(first)
        await driver.until(lambda: driver.preview.state.results[WEB1] == first)
        over = asyncio.Event()
        driver.preview.set_timer(1.7, over.set)
        monkeypatch.setattr("atsn_tui.console.preview.screen.RECENT", 3600.0)
        await session.moves.put(second)
        await driver.until(lambda: driver.preview.state.results[WEB1] == second)
        await driver.until(over.is_set)
        await driver.press("a")
        assert session.applied == []
        assert not driver.shows("a Apply")


async def test_the_same_result_again_is_no_news() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        session = await opened(driver, twin)
        await session.moves.put(twin.replication.found[WEB1])
        await driver.until(session.moves.empty)
        await driver.pilot.pause()
        assert not driver.shows("compared anew")


async def test_what_moves_while_the_brake_asks_is_not_applied() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        session = await opened(driver, twin)
        await driver.press("a")
        await driver.until(lambda: isinstance(driver.app.screen, AllowForm))
        moved = replace(twin.replication.found[WEB1], changes=sample.CHANGES[:1])
        twin.replication.found[WEB1] = moved
        await session.moves.put(moved)
        await driver.until(lambda: driver.preview.state.results[WEB1] == moved)
        await driver.type("12")
        await driver.press("enter")
        await driver.until(lambda: any("changed while you typed" in text for text in driver.toasts))
        assert session.applied == []


async def test_the_mode_of_a_link_is_changed_for_this_preview_only() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        session = await opened(driver, twin)
        await driver.press("m")
        await driver.until(lambda: session.computed == 2 and driver.shows("● live"))
        assert driver.shows("easy*", "+1 ~2")
        assert twin.link_views[WEB1].mode == "strict"


async def test_leaving_a_pull_out_compares_anew_because_later_links_build_on_it() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        session = await opened(driver, twin)
        await driver.press("space")
        assert session.computed == 1
        await driver.press("G", "space")
        await driver.until(lambda: session.computed == 2)
        assert len(session.skipped) == 2


async def test_enter_on_a_link_goes_into_its_changes() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver, twin)
        assert driver.shows("▌▲ → web1", "¦~ Replicated tasks")
        await driver.press("enter")
        await driver.until(lambda: driver.preview.changes.has_focus)
        assert driver.shows("¦▲ → web1", "▌~ Replicated tasks")


async def test_the_preview_of_a_peer_names_the_group_of_each_link() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver, twin, *"jjjjjj", "r")
        headings = [item for item in driver.preview.rows.items if isinstance(item, GroupHeading)]
        assert headings == [GroupHeading("Replicated tasks")]


def test_settings_that_are_missing_over_there_are_an_addition() -> None:
    missing = sample.change("settings", "ops", "missing here")
    result = sample._result(1, "db1", state="differs", changes=(missing,))
    assert change_rows(result)[0].sign.glyph == "+"
    assert result_sign(result).word == "+1"
    done = replace(result, state="applied", applied=Applied(settings=1))
    assert result_sign(done).word == "applied +1"


async def test_a_change_opens_in_full() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver, twin)
        await driver.press("tab", "j", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, Page))
        assert driver.shows("databases/nightly-vacuum", "/usr/local/bin/vacuum --all --analyze", "run as")
        await driver.press("escape")
        assert isinstance(driver.app.screen, PreviewScreen)


async def test_an_apply_is_stopped_without_freezing_and_its_results_stay() -> None:
    twin = sample.site()
    twin.replication.gate.clear()
    async with console(twin) as driver:
        session = await opened(driver, twin, "r", "j", "j", "j", "space")
        await driver.press("a")
        await driver.until(lambda: driver.shows("applying …"))
        await driver.press("j", "escape")
        await driver.until(lambda: driver.shows("▲ applied on 0 of 1 link"))
        assert session.applied == []
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        await driver.until(lambda: session.closed)


async def test_a_watch_that_fails_during_an_apply_leaves_the_screen_to_the_apply() -> None:
    twin = sample.site()
    twin.replication.gate.clear()
    async with console(twin) as driver:
        session = await opened(driver, twin, "r", "j", "j", "j", "space")
        await driver.press("a")
        await driver.until(lambda: driver.shows("applying …"))
        await session.moves.put(RuntimeError("the watch broke"))
        await driver.until(lambda: any("the watch broke" in text for text in driver.toasts))
        await driver.press("r")
        assert driver.shows("applying, 1 link to go")
        assert session.computed == 1
        twin.replication.gate.set()
        await driver.until(lambda: driver.shows("✓ applied on 1 of 1 link"))


async def test_leaving_closes_the_session_at_once() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        session = await opened(driver, twin)
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen) and session.closed)


async def test_a_fault_while_comparing_is_told_and_looking_again_helps() -> None:
    twin = sample.site()
    twin.replication.fault = RuntimeError("a fault [/b] of ours")
    async with console(twin) as driver:
        await driver.press("r")
        await driver.until(lambda: driver.shows("could not compare: press r to compare again"))
        assert any("a fault [/b] of ours" in text for text in driver.toasts)
        await driver.press("r")
        await driver.until(lambda: driver.shows("● live", "+1 ~3 −1"))


async def test_without_a_link_it_says_how_to_make_one() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("j", "j", "j", "j", "r")
        await driver.until(lambda: any("atsn link add" in text for text in driver.toasts))
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))


@pytest.mark.parametrize(("keys", "title"), [(("G", "r"), "all links with web4"), (("R",), "all groups")])
async def test_a_peer_or_everything_can_be_replicated(keys: tuple[str, ...], title: str) -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver, twin, *keys)
        assert driver.shows(title)


async def test_a_deletion_shows_what_is_lost() -> None:
    twin = sample.site()
    async with console(twin, (120, 40)) as driver:
        await opened(driver, twin)
        await driver.press("tab", "j", "j", "j")
        await driver.until(lambda: driver.shows("− deleted, only on web1, last changed 2 d ago"))
        assert driver.shows("What is lost:", "− command", "/usr/local/bin/old-report", "− schedules")


async def test_overwriting_a_newer_edit_is_marked_in_the_list_and_told_before_anything_else() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver, twin)
        await driver.until(
            lambda: driver.shows("! 1 change overwrites a newer edit on web1.", "! sync-mirror")
        )
        await driver.press("tab", "j", "j", "j", "j")
        await driver.until(lambda: driver.shows("! changed, overwrites a newer edit from 2 min ago"))


async def test_enter_on_a_link_that_failed_shows_the_whole_error_and_what_to_do() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver, twin)
        await driver.press("j", "j", "j", "j")
        await driver.until(lambda: driver.shows("enter Read"))
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, Page))
        assert driver.shows("Replicated tasks ← dr", "atsn peer set dr --host-key", "Test the connection")
