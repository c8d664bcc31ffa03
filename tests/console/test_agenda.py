"""The agenda's screen: where it begins, what its keys do, and where enter leads."""

import asyncio

import pytest
from msgspec.structs import replace

from atsn_tui.console.agenda import screen
from atsn_tui.console.agenda.agenda_list import AgendaList
from atsn_tui.console.agenda.lines import Now
from atsn_tui.console.agenda.screen import AgendaScreen
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.node.agenda.views import AgendaRow
from tests.console import sample
from tests.console.desks import Driver, console


def agenda(driver: Driver) -> AgendaList:
    return driver.app.screen.query_one(AgendaList)


def here(driver: Driver) -> tuple[str, str]:
    """The kind of the line under the cursor, and its task."""
    row = agenda(driver).current
    return (row.kind, row.task) if isinstance(row, AgendaRow) else ("now" if isinstance(row, Now) else "", "")


async def opened(driver: Driver) -> None:
    await driver.press("a")
    await driver.until(lambda: isinstance(driver.app.screen, AgendaScreen) and agenda(driver).items)


async def test_it_begins_at_now_with_what_was_above_and_what_comes_below() -> None:
    async with console(sample.site()) as driver:
        await opened(driver)
        assert here(driver) == ("now", "")
        lines = driver.text.splitlines()
        now = next(number for number, line in enumerate(lines) if "now, 09:30" in line)
        assert any("exit 2" in line for line in lines[:now])
        assert any("due" in line and "wal-archive" in line for line in lines[now:])
        assert driver.shows("42 ran", "✗ 2 failed", "3 not run", "399 to come")


async def test_a_row_of_several_groups_names_its_group_and_is_cut_in_the_middle_only_without_room() -> None:
    twin = sample.site()
    view = twin.agenda.view
    long = replace(view.ahead[0], group="Replicated tasks", task="databases/nightly-backup-of-all-clusters")
    other = replace(view.ahead[0], group="ops", group_id="other", task="ping", task_id="ping")
    twin.agenda.view = replace(view, ahead=(long, other))
    for size, shown in (
        ((80, 24), ("Replicated", "…", "all-clusters ", "ops/ping")),
        ((120, 40), ("Replicated tasks/databases/nightly-backup-of-all-clusters", "ops/ping")),
    ):
        async with console(twin, size) as driver:
            await opened(driver)
            await driver.until(lambda shown=shown: driver.shows(*shown))  # type: ignore[misc]


async def test_f_goes_up_from_failure_to_failure_and_all_around() -> None:
    async with console(sample.site()) as driver:
        await opened(driver)
        found = []
        for _ in range(4):
            await driver.press("f")
            found.append(here(driver))
        troubles = [("run", "certs/rotate-certs"), ("run", "databases/vacuum"), ("gap", "")]
        assert found == [*troubles, troubles[0]]
        await driver.press("F")
        assert here(driver) == troubles[-1]
        await driver.press("n")
        assert here(driver) == ("now", "")


async def test_c_goes_to_minutes_in_which_several_tasks_begin_and_enter_to_the_first_of_them() -> None:
    async with console(sample.site()) as driver:
        await opened(driver)
        await driver.press("c")
        assert here(driver) == ("together", "")
        assert driver.shows("3 tasks begin in this minute")
        await driver.press("enter")
        assert here(driver) == ("run", "databases/nightly-backup")
        assert driver.shows("≡ 2 other tasks of 02:00")


async def test_enter_leads_to_the_task_and_to_its_run_in_the_list() -> None:
    twin = sample.site()
    failed = sample.runs()[5]
    view = twin.agenda.view
    rows = [
        replace(row, run=failed) if row.run and row.task == "databases/vacuum" else row for row in view.past
    ]
    twin.agenda.view = replace(view, past=tuple(rows))
    async with console(twin) as driver:
        await opened(driver)
        await driver.press("f", "f", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        await driver.until(lambda: driver.main.details.runs.current is not None)
        current = driver.main.details.runs.current
        assert current == failed
        task = driver.main.task_pane.list.current
        assert task is not None
        assert task.task.path == "databases/vacuum"
        await driver.until(lambda: driver.main.details.runs.has_focus)


async def test_esc_leads_back_to_where_one_was() -> None:
    async with console(sample.site()) as driver:
        await driver.press("tab", "j", "j")
        await opened(driver)
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        assert driver.main.task_pane.list.has_focus


async def test_w_looks_further_and_a_takes_one_group_and_all_again() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver)
        await driver.press("w")
        await driver.until(lambda: twin.agenda.asked[-1] == (None, 72))
        await driver.until(lambda: driver.shows("72 h"))
        await driver.press("a")
        assert driver.toasts[-1] == "Go to a line of the group first, then press a."
        await driver.press("f", "a")
        await driver.until(lambda: twin.agenda.asked[-1] == (sample.GROUP, 72))
        await driver.press("a")
        await driver.until(lambda: twin.agenda.asked[-1] == (None, 72))


async def test_what_changes_meanwhile_appears_and_the_cursor_stays_on_its_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(screen, "_REST", 0.01)
    twin = sample.site()
    async with console(twin) as driver:
        await opened(driver)
        await driver.press("f", "f")
        view = twin.agenda.view
        new = replace(
            view.past[-1], at="2026-11-22T09:29:30.000000Z", task="just-now", run=None, kind="skipped"
        )
        twin.agenda.view = replace(view, past=(*view.past, new))
        await twin.touch()
        await driver.until(lambda: driver.shows("just-now"))
        assert here(driver) == ("run", "databases/vacuum")


async def test_without_a_service_it_says_that_nothing_will_run() -> None:
    twin = sample.site(running=False)
    twin.agenda.view = replace(twin.agenda.view, service="stopped")
    async with console(twin, (120, 40)) as driver:
        await opened(driver)
        assert driver.shows("○ no service", "start one with atsn serve")


async def test_an_empty_agenda_says_so() -> None:
    twin = sample.site()
    twin.agenda.view = replace(twin.agenda.view, past=(), ahead=())
    async with console(twin) as driver:
        await opened(driver)
        await driver.press("f", "c")
        assert driver.toasts[-2:] == ["Nothing failed.", "No two tasks begin in the same minute."]


async def test_20_000_lines_are_shown_and_walked_through_without_delay() -> None:
    twin = sample.site()
    view = twin.agenda.view
    many = tuple(
        replace(view.ahead[0], task=f"job-{number}", task_id=f"id-{number}", count=1)
        for number in range(20_000)
    )
    twin.agenda.view = replace(view, ahead=many)
    async with console(twin) as driver:
        began = asyncio.get_running_loop().time()
        await opened(driver)
        await driver.press("G", "k")
        await driver.until(lambda: driver.shows("job-19999"))
        assert asyncio.get_running_loop().time() - began < 5
