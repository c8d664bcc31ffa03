"""Runs on the screen: how each task went last, its runs, what it prints, and what a person does about it."""

import pytest
from msgspec.structs import replace

from atsn_tui.console.dialogs.confirm import Confirm
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.forms.form import Form
from atsn_tui.console.look.runs import hold_of, last_word
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.console.main.tail import Tail
from atsn_tui.errors import Refused
from atsn_tui.node.runs.views import HoldView
from tests.console import sample
from tests.console.desks import Driver, console

MIRROR = sample.task_id(8)
TO_MIRROR = ("tab", "j", "j")


def row(driver: Driver, name: str) -> str:
    """The line of a task in the list, as far as it is shown."""
    lines = [line.split("│", 1)[1] for line in driver.text.splitlines() if "│" in line]
    return " ".join(next(line for line in lines if name in line).replace("▌", " ").replace("¦", " ").split())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("rotate-certs", "✗ certs/rotate-certs every 15 min exit 2 15 min"),
        ("nightly-backup", "✓ databases/nightly-backup daily at 03:00 ok 41s 16 h"),
        ("vacuum", "✗ databases/vacuum Sun at 04:00 timed out 6 d"),
        ("sync-mirror", "▸ sync-mirror every 2 h running 12s 30 min"),
        ("update-geoip", "■ update-geoip on the 1st at 06:00 stopped 8 d"),
        ("old-report", "○ old-report Mon at 08:00 – off"),
        ("clean-tmp", "● clean-tmp daily at 00:00 – 14 h"),
    ],
)
async def test_a_task_shows_its_state_and_its_last_run(name: str, shown: str) -> None:
    async with console(sample.site(), (120, 40)) as driver:
        await driver.until(lambda: row(driver, name) == shown)


async def test_a_held_task_says_so_and_its_details_until_when_and_why() -> None:
    async with console(sample.site()) as driver:
        assert row(driver, "verify-backup").startswith("‖")
        await driver.press("tab", "j", "j", "j", "j")
        held = "Held ‖ until 22 Nov 2026 18:00:00, by anna: the disk is being replaced"
        assert held in driver.details


async def test_what_ends_meanwhile_appears_by_itself() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press(*TO_MIRROR)
        await driver.until(lambda: "▸ running for 12 s, since" in driver.details)
        twin.runs.kept[0] = replace(
            twin.runs.kept[0],
            state="failed",
            exit_code=7,
            ended_at=sample.NOW.isoformat(),
            duration_ms=12_000,
        )
        await twin.touch()
        await driver.until(lambda: row(driver, "sync-mirror").startswith("✗ sync-mirror every 2 h exit 7"))
        assert "✗ exit 7 after 12 s, now" in driver.details


async def test_runs_and_what_did_not_run_stand_together_newest_first() -> None:
    async with console(sample.site(), (120, 40)) as driver:
        await driver.press(*TO_MIRROR, "2")
        await driver.until(lambda: driver.shows("Runs  sync-mirror", "ok 5m"))
        assert [" ".join(line.split()) for line in driver.main.details.plain.splitlines()] == [
            "▸ running 12s 22 Nov 09:29 schedule",
            "✓ ok 5m 22 Nov 07:30 schedule",
            "✗ exit 30 22 Nov 05:30 schedule",
            "· not run 22 Nov 03:30 the run before was still under way (2 due times)",
        ]


async def test_the_runs_of_a_group_name_their_tasks() -> None:
    async with console(sample.site()) as driver:
        await driver.press("2")
        await driver.until(lambda: driver.shows("Runs  Replicated tasks", "certs/rotate-certs", "by anna"))


async def test_a_peer_has_details_only() -> None:
    async with console(sample.site()) as driver:
        await driver.press("2", "G")
        assert driver.shows("Details  web4", "web4.example:8022")
        assert not driver.shows("2 Runs")


async def test_the_output_follows_what_runs_with_control_characters_visible() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press(*TO_MIRROR, "3")
        await driver.until(lambda: driver.shows("mirror of packages", "  12 of 80 MB", "▸ running for 12 s"))
        assert not driver.shows("40 of 80 MB")
        twin.runs.more.set()
        await driver.until(lambda: driver.shows("␛[32m  40 of 80 MB"))


async def test_enter_on_a_run_opens_its_output_and_on_a_due_time_its_reason() -> None:
    twin = sample.site()
    older = twin.runs.kept[4]
    twin.runs.printed[older.id] = [b"rsync: connection refused"]
    async with console(twin) as driver:
        await driver.press(*TO_MIRROR, "2")
        await driver.until(lambda: driver.shows("exit 30"))
        await driver.press("tab", "j", "j", "enter")
        await driver.until(lambda: driver.shows("rsync: connection refused", "✗ exit 30 after 41 s"))
        await driver.press("2")
        assert driver.main.details.runs.has_focus
        await driver.press("G", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, Page))
        assert driver.shows("sync-mirror did not run", "still under way", "22 Nov 2026 03:30:00")


async def test_a_click_on_a_tab_opens_it() -> None:
    async with console(sample.site()) as driver:
        await driver.press(*TO_MIRROR)
        line = next(line for line in driver.text.splitlines() if "3 Output" in line)
        y = driver.text.splitlines().index(line)
        await driver.pilot.click(offset=(line.index("Runs"), y))
        await driver.until(lambda: driver.shows("Runs  sync-mirror"))
        await driver.pilot.click(offset=(line.index("Output"), y))
        await driver.until(lambda: driver.shows("Output  sync-mirror"))


async def test_x_runs_the_task_and_says_what_the_service_answered() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press(*TO_MIRROR, "x")
        await driver.until(lambda: driver.toasts == ["sync-mirror: it runs now"])
        assert ("runs.start", MIRROR) in twin.calls


async def test_several_tasks_run_only_after_a_question() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "v", "v", "x")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        assert driver.shows("Run 2 tasks now?", "clean-tmp, old-report")
        await driver.press("n")
        assert not [call for call in twin.calls if call[0] == "runs.start"]
        await driver.press("x")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        await driver.press("y")
        await driver.until(lambda: len([call for call in twin.calls if call[0] == "runs.start"]) == 2)


async def test_without_a_service_x_says_how_to_start_one() -> None:
    async with console(sample.site(running=False)) as driver:
        await driver.press(*TO_MIRROR, "x")
        await driver.until(lambda: driver.toasts and "start it with: atsn serve" in driver.toasts[0])


async def test_a_run_is_stopped_only_after_a_question() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press(*TO_MIRROR, "X")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        assert driver.shows("Stop the run of sync-mirror?")
        await driver.press("enter")
        assert isinstance(driver.app.screen, Confirm), "enter alone stops nothing"
        await driver.press("y")
        await driver.until(lambda: ("runs.stop", MIRROR) in twin.calls)


async def test_a_run_in_the_list_is_stopped_by_itself() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press(*TO_MIRROR, "2")
        await driver.until(lambda: driver.shows("exit 30"))
        await driver.press("tab", "X")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        await driver.press("y")
        await driver.until(lambda: ("runs.stop", twin.runs.kept[0].id) in twin.calls)


async def test_what_the_service_refuses_stays_in_sight() -> None:
    twin = sample.site()
    twin.failure = Refused("no run of Replicated tasks/clean-tmp is under way: there is nothing to stop")
    async with console(twin) as driver:
        await driver.press("tab", "X")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        await driver.press("y")
        await driver.until(lambda: driver.shows("✗ no run of Replicated tasks/clean-tmp is under way"))


async def test_h_holds_a_task_until_a_time_and_releases_it_again() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "h")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        await driver.type("2h")
        await driver.until(lambda: driver.shows("until 22 Nov 2026 11:30:00"))
        await driver.press("tab")
        await driver.type("new disk")
        await driver.press("enter")
        await driver.until(lambda: row(driver, "clean-tmp").startswith("‖"))
        ((task, until, note),) = [value for name, value in twin.calls if name == "holds.hold"]
        assert (task, until - int(sample.NOW.timestamp()) * 1_000_000, note) == (
            sample.task_id(6),
            7_200_000_000,
            "new disk",
        )
        await driver.press("h")
        await driver.until(lambda: row(driver, "clean-tmp").startswith("●"))
        assert "Released clean-tmp." in driver.toasts


async def test_a_time_that_makes_no_sense_holds_nothing() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "h")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        await driver.type("soon")
        await driver.press("enter")
        await driver.until(lambda: driver.shows("'soon' is no time"))
        assert isinstance(driver.app.screen, Form)
        assert not [call for call in twin.calls if call[0] == "holds.hold"]


async def test_h_on_a_group_holds_all_of_it_until_it_is_released() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("h")
        await driver.until(lambda: driver.shows("Hold all tasks of Replicated tasks"))
        await driver.press("enter")
        await driver.until(lambda: driver.shows("Replicated tasks  ‖ held"))
        assert row(driver, "clean-tmp").startswith("‖")
        assert "Held ‖ until it is released, by anna" in driver.details
        await driver.press("tab")
        assert "with its group" in driver.details
        await driver.press("shift+tab", "h")
        await driver.until(lambda: "Released Replicated tasks." in driver.toasts)
        await driver.until(lambda: row(driver, "clean-tmp").startswith("●"))


async def test_o_says_why_a_task_does_not_run() -> None:
    async with console(sample.site()) as driver:
        await driver.press(*TO_MIRROR, "o")
        await driver.until(lambda: isinstance(driver.app.screen, Page))
        assert driver.shows("Why does sync-mirror not run?", "‖ run 00000013 is under way", "(2 due times)")
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)


def test_of_several_holds_the_nearest_tells() -> None:
    node = HoldView(scope="node", name="this node")
    group = HoldView(scope="group", name="Replicated tasks", group_id=sample.GROUP)
    holds = [node, group, sample.hold()]
    assert hold_of(sample.GROUP, sample.task_id(10), holds) == sample.hold()
    assert hold_of(sample.GROUP, sample.task_id(1), holds) == group
    assert hold_of(sample.GROUP, None, holds) == group
    assert hold_of(sample.LOCAL, sample.task_id(20), holds) == node
    assert hold_of(sample.LOCAL, sample.task_id(20), [group, sample.hold()]) is None


def test_a_run_that_was_killed_names_its_signal() -> None:
    run = sample.ended(1, 1, "a", "failed", "09:00:00", 3)
    assert last_word(replace(run, signal=9), sample.CLOCK) == "SIGKILL"
    assert last_word(replace(run, signal=250), sample.CLOCK) == "signal 250"


def test_a_tail_keeps_the_last_lines_of_whatever_comes() -> None:
    tail = Tail()
    for number in range(2_000):
        tail.add(f"line {number}\nto be".encode())
    assert len(tail.lines) == 501
    assert tail.lines[-2:] == ["to beline 1999", "to be"]
    assert tail.cut


def test_a_tail_of_one_endless_line_stays_small_and_characters_are_not_torn() -> None:
    tail = Tail()
    tail.add("ä".encode()[:1])
    assert not tail.lines
    tail.add("ä".encode()[1:] + b"\xff")
    assert tail.lines == ["ä\ufffd"]
    tail.add(b"x" * 1_000_000)
    assert sum(map(len, tail.lines)) <= 64_000
    assert tail.cut


async def test_shift_h_holds_everything_on_this_node_and_releases_it_and_says_so() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("H")
        await driver.until(lambda: driver.shows("Hold everything on this node"))
        await driver.type("18:00")
        await driver.press("enter")
        await driver.until(lambda: twin.holds.held[-1].scope == "node")
        assert driver.toasts[-1] == "Held everything on this node until 22 Nov 2026 18:00:00."
        await driver.until(lambda: any(hold.scope == "node" for hold in driver.main.book.holds))
        await driver.press("H")
        await driver.until(lambda: driver.toasts[-1] == "Released this node: what is due runs again.")
        assert all(hold.scope != "node" for hold in twin.holds.held)


async def test_h_and_space_say_what_they_did() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press(*TO_MIRROR, "h")
        await driver.until(lambda: driver.shows("Hold sync-mirror"))
        await driver.press("enter")
        await driver.until(lambda: driver.toasts[-1:] == ["Held sync-mirror until it is released."])
        await driver.press("space")
        await driver.until(lambda: driver.toasts[-1] == "sync-mirror switched off.")
