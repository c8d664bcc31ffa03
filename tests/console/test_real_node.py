"""The console over real nodes: what is typed arrives, and what others change appears."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from atsn_tui.console.app import Console
from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.confirm import Confirm
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.console.preview.screen import PreviewScreen
from atsn_tui.model.task import Command, Task
from atsn_tui.node.node import Node
from tests.console.desks import Driver
from tests.nodes import Machine, Machines, introduce


@asynccontextmanager
async def console_on(machine: Machine) -> AsyncIterator[tuple[Driver, Node]]:
    async with machine.open() as node:
        app = Console(Desk(node), "atsn-dark")
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: isinstance(app.screen, MainScreen) and app.screen.status is not None)
            yield driver, node


async def test_from_an_empty_node_to_a_task_and_back(make_node: Machines) -> None:
    hq = await make_node.make("hq", listen=False)
    async with console_on(hq) as (driver, node):
        await driver.until(lambda: driver.shows("This node keeps no groups yet."))
        await driver.press("N")
        await driver.until(lambda: driver.shows("New group"))
        await driver.type("Backups")
        await driver.press("enter")
        await driver.until(lambda: driver.shows("No tasks here yet"))
        await driver.press("n")
        await driver.until(lambda: driver.shows("New task in Backups"))
        await driver.type("a[/b]")
        await driver.press("tab", "tab")
        await driver.type("tar c /etc")
        await driver.press("tab")
        await driver.type("0 3 * * *")
        await driver.press("enter")
        await driver.until(lambda: driver.shows("● a[/b]", "daily at 03:00"))
        await driver.press("tab", "space")
        await driver.until(lambda: driver.shows("○ a[/b]", "off"))
        assert [view.task.enabled for view in await node.tasks.list("Backups")] == [False]
        await driver.press("d")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        await driver.press("y")
        await driver.until(lambda: driver.shows("No tasks here yet"))
        assert await node.tasks.list("Backups") == []


async def test_what_another_process_changes_appears(make_node: Machines) -> None:
    hq = await make_node.make("hq", listen=False)
    async with console_on(hq) as (driver, _), hq.open() as other:
        await other.groups.add("Elsewhere")
        await driver.until(lambda: driver.shows("Elsewhere"))
        assert not driver.main.has_class("-empty")


async def test_an_error_of_the_node_stays_in_the_form(make_node: Machines) -> None:
    hq = await make_node.make("hq", listen=False)
    async with console_on(hq) as (driver, node):
        await driver.press("p")
        await driver.until(lambda: driver.shows("Connect a peer"))
        await driver.type("mirror")
        await driver.press("tab")
        await driver.type(node.identity().public_key)
        await driver.press("enter")
        await driver.until(lambda: driver.shows("this node's own key"))


async def test_a_crontab_is_imported_after_a_preview(make_node: Machines, tmp_path: Path) -> None:
    hq = await make_node.make("hq", listen=False)
    crontab = tmp_path / "crontab.txt"
    crontab.write_text(
        "0 3 * * * /usr/local/bin/backup --all\n*/5 * * * * /usr/local/bin/check\n61 * * * * bad\n"
    )
    async with console_on(hq) as (driver, node):
        await driver.press("i")
        await driver.until(lambda: driver.shows("A crontab, or a snapshot"))
        await driver.type(str(crontab))
        await driver.press("enter")
        await driver.until(lambda: driver.shows("2 tasks to add", "1 line cannot be used", "line 3"))
        assert await node.groups.list() == []
        await driver.press("y")
        await driver.until(lambda: driver.shows("Imported 2 new tasks"))
        (group,) = await node.groups.list()
        assert [view.task.enabled for view in await node.tasks.list(group.id)] == [False, False]


async def test_what_is_previewed_is_applied_on_the_peer(make_node: Machines) -> None:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "push")
    web1.serve()
    async with hq.open() as other, web1.open() as far:
        await other.groups.add("Shared")
        await other.links.add("Shared", "web1", "push", "strict")
        await other.tasks.add("Shared", Task(name="first", action=Command(command="true")))
        async with console_on(hq) as (driver, node):
            await driver.until(lambda: driver.shows("● first"))
            await driver.press("r")
            await driver.until(lambda: driver.shows("● live", "+2"))
            await other.tasks.add("Shared", Task(name="second", action=Command(command="true")))
            await driver.until(lambda: driver.shows("compared anew", "+3"))
            await driver.until(lambda: driver.shows("a Apply"))
            await driver.press("a")
            await driver.until(lambda: driver.shows("✓ applied on 1 of 1 link"))
            assert isinstance(driver.app.screen, PreviewScreen)
            here, there = await node.groups.get("Shared"), await far.groups.get("Shared")
        assert (there.tasks, there.digest) == (2, here.digest)


async def test_a_hold_is_kept_by_the_node_and_a_run_needs_a_service(make_node: Machines) -> None:
    hq = await make_node.make("hq", listen=False)
    async with hq.open() as node:
        group = await node.groups.add("Backups")
        await node.tasks.add(
            group.id, Task(name="dump", action=Command(command="true"), schedules=("@daily",))
        )
    async with console_on(hq) as (driver, node):
        await driver.until(lambda: driver.shows("● dump"))
        await driver.press("tab", "x")
        await driver.until(lambda: driver.shows("no service runs for this node"))
        await driver.press("escape", "h")
        await driver.until(lambda: driver.shows("Hold dump"))
        await driver.press("enter")
        await driver.until(lambda: driver.shows("‖ dump", "‖ 1 held"))
        assert [hold.name for hold in await node.holds.list()] == ["Backups/dump"]
        await driver.press("o")
        await driver.until(
            lambda: driver.shows("Why does dump not run?", "the task is held by", "release Backups/dump")
        )
        await driver.press("escape", "2")
        await driver.until(lambda: driver.shows("Nothing has run here yet."))
        await driver.press("3", "h")
        await driver.until(lambda: driver.shows("● dump", "Nothing has run here yet."))
        assert await node.holds.list() == []


async def test_what_does_not_fit_to_the_other_tasks_is_said_beneath_the_field(make_node: Machines) -> None:
    hq = await make_node.make("hq", listen=False)
    async with console_on(hq) as (driver, node):
        await node.groups.add("ops")
        backup = await node.tasks.add("ops", Task(name="backup", action=Command(command="df")))
        await node.tasks.add(
            "ops", Task(name="report", action=Command(command="df"), schedules=("after backup",))
        )
        await driver.until(lambda: driver.shows("after backup"))
        await driver.press("tab", "e")
        await driver.until(lambda: driver.shows("Task backup"))
        await driver.press("tab", "tab", "tab")
        await driver.type("after report")
        assert "circle: report → backup → report" in " ".join(driver.text.split())
        await driver.press("ctrl+s")
        assert driver.shows("Task backup"), "nothing is saved"
        await driver.press("escape", "escape")
        await driver.press("d")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        await driver.press("y")
        await driver.until(lambda: driver.shows("Delete all the same?", "report follows backup"))
        await driver.press("n")
        assert (await node.tasks.get(backup.id)).task.name == "backup"


async def test_a_crontabs_line_and_a_taken_name_are_told_in_the_form(make_node: Machines) -> None:
    hq = await make_node.make("hq", listen=False)
    async with console_on(hq) as (driver, node):
        await node.groups.add("ops")
        await node.tasks.add("ops", Task(name="backup", action=Command(command="df")))
        await driver.until(lambda: driver.shows("backup"))
        await driver.press("n")
        await driver.type("backup")
        await driver.press("tab", "tab")
        await driver.type("*/5 * * * * /usr/bin/x")
        assert driver.shows("put '*/5 * * * *' into the schedule")
        await driver.press("ctrl+u")
        await driver.type("/usr/bin/x")
        assert driver.shows("Another task here has this name")
