"""The form of a task: all its fields, those that most tasks need first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from atsn_tui.console.forms.fields import FieldRow
from atsn_tui.console.forms.form import Form
from atsn_tui.console.forms.task_fields import task_fields
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.model.task import Action, Command, Email, Http, Options, Task
from atsn_tui.node.tasks.fields import SHORT, known_keys
from tests.console import sample
from tests.console.desks import Driver, console
from tests.console.twin import Twin

MAIL = Email(to=("root", "anna"), subject="report", body="All is well.\n")
PING = Http(url="https://example.org/ping", headers={"Accept": "text/plain"}, expect_status=(200, 204))
RULES = Options(timeout=5400, retries=2, jitter=90, overlap="queue", success_codes=(0, 3))


@asynccontextmanager
async def editing(
    action: Action | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Driver, Twin]]:
    """The form of a task that does this, in a group without others."""
    does = action or Command(command="backup --all")
    task = sample.task(8, "sync", "every 2h", action=does, options=RULES, environment={"A": "1", "B": "x=y"})
    twin = Twin(groups=[sample.group(sample.GROUP, "ops", 1)], tasks=[task])
    async with console(twin, size) as driver:
        await driver.press("tab", "e")
        await driver.until(lambda: isinstance(driver.app.screen, Form) and driver.app.screen.focused)
        yield driver, twin


async def go_to(driver: Driver, key: str) -> FieldRow:
    """Put the cursor into a field."""
    row = driver.app.screen.query_one(f"#field-{key}", FieldRow)
    row.go_there()
    await driver.until(lambda: row.has_focus_within)
    return row


async def saved(driver: Driver, twin: Twin) -> Task:
    """Save, and see what came of it."""
    await driver.press("ctrl+s")
    await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
    (task,) = [value for name, value in twin.calls if name == "tasks.replace"]
    return task


@pytest.mark.parametrize(
    "action", [Command(command="true"), PING, MAIL], ids=lambda each: type(each).__name__
)
def test_the_form_has_every_field_that_the_command_line_sets(action: Action) -> None:
    shown = {
        SHORT.get(key, key)
        for key in (f.key.replace("-", ".") for f in task_fields(Task(name="x", action=action)))
    }
    kinds = {
        "Command": "action.command action.stdin",
        "Http": "url method headers body expect_status credential",
    }
    own = kinds.get(type(action).__name__, "to subject body").split()
    expected = {SHORT.get(key, key) for key in known_keys(Task)} - {"environment.NAME", "action.type"}
    expected = {key for key in expected if not key.startswith("action.")} | {"environment"}
    assert shown == expected | {key if key.startswith("action.") else f"action.{key}" for key in own}


async def test_tab_reaches_every_field_and_brings_it_into_view() -> None:
    async with editing() as (driver, _):
        await driver.until(lambda: driver.shows("Name", "Command", "esc Cancel"))
        for row in driver.app.screen.query(FieldRow):
            await driver.until(lambda row=row: row.has_focus_within and driver.shows(row.field.label))  # type: ignore[misc]
            await driver.press("tab")


async def test_what_is_saved_differs_only_in_what_was_changed() -> None:
    async with editing() as (driver, twin):
        [before] = [view.task for view in twin.task_views.values()]
        (await go_to(driver, "timeout")).value = "2h"
        (await go_to(driver, "environment")).value = "A=2\nC = three words "
        await go_to(driver, "missed")
        await driver.press("right")
        task = await saved(driver, twin)
        assert task.environment == {"A": "2", "C": "three words"}
        assert (task.options.timeout, task.options.missed) == (7200, "once")
        assert (task.options.jitter, task.options.overlap, task.options.success_codes) == (
            90,
            "queue",
            (0, 3),
        )
        assert (task.notes, task.schedules, task.action) == (before.notes, before.schedules, before.action)


async def test_an_emptied_field_gets_what_is_usual() -> None:
    async with editing() as (driver, twin):
        for key in ("timeout", "retries", "success_codes", "environment"):
            (await go_to(driver, key)).value = ""
        task = await saved(driver, twin)
        assert task.options == Options(jitter=90, overlap="queue")
        assert task.environment == {}


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("timeout", "soon", "is no duration: write it as 90s, 5m, 2h or 1d"),
        ("retries", "-1", "retries"),
        ("umask", "9", "umask"),
        ("environment", "A", "'A' has no =: write it as NAME=VALUE"),
        ("environment", "1A=2", "is no variable name"),
        ("start", "soon", "2026-12-24"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    key: str, typed: str, said: str
) -> None:
    async with editing() as (driver, twin):
        (await go_to(driver, key)).value = typed
        await driver.until(lambda: said in _words(driver))
        await driver.press("ctrl+s")
        assert isinstance(driver.app.screen, Form)
        assert not [call for call in twin.calls if call[0] == "tasks.replace"]


async def test_a_request_is_edited_by_its_address_method_and_body() -> None:
    async with editing(PING) as (driver, twin):
        await driver.until(lambda: driver.shows("Address", "Method", "Body"))
        assert not driver.shows("Command")
        (await go_to(driver, "action-body")).value = "hello"
        await go_to(driver, "action-method")
        await driver.press("right", "right")
        (await go_to(driver, "action-headers")).value = "X-Id: 7"
        action = (await saved(driver, twin)).action
        assert action == Http(
            url=PING.url, method="POST", headers={"X-Id": "7"}, body="hello", expect_status=(200, 204)
        )


async def test_a_mail_is_edited_by_its_recipients_subject_and_text() -> None:
    async with editing(MAIL) as (driver, twin):
        await driver.until(lambda: driver.shows("To", "Subject", "Text"))
        assert not driver.shows("Command")
        (await go_to(driver, "action-to")).value = "bert"
        assert (await saved(driver, twin)).action == Email(to=("bert",), subject="report", body=MAIL.body)


def _words(driver: Driver) -> str:
    """What is on the screen in one line, without the scroll bar, which may stand between two words."""
    return " ".join(driver.text.translate(dict.fromkeys(range(0x2581, 0x2589), " ")).split())
