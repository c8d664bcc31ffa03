"""What cron runs too, and what nobody runs any more."""

from atsn_tui.model.task import Command, Task
from atsn_tui.node.node import Node
from tests.takeover.conftest import ME, TABLE, Cron
from tests.takeover.test_taking import GROUP, take


async def doubles(node: Node) -> set[tuple[str, str]]:
    """Tasks that cron runs too, and where."""
    return {(each.task, each.also_in) for each in await node.takeover.double_runs()}


async def test_an_enabled_task_that_cron_runs_too_is_found(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await node.files.import_crontab(place.source, place.read(), system=True)
    assert await doubles(node) == set()
    [backup, poll] = sorted(await node.tasks.list(GROUP), key=lambda view: view.task.name)
    await node.tasks.set_enabled([backup.id, poll.id], True)
    assert await doubles(node) == {(f"{GROUP}/backup", place.source), (f"{GROUP}/poll", place.source)}
    await take(node, place)
    assert await doubles(node) == set()


async def test_it_is_found_by_its_line_too_if_its_command_was_edited(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await node.files.import_crontab(place.source, place.read(), system=True)
    await node.tasks.change(f"{GROUP}/backup", {"command": "/usr/bin/better", "enabled": "yes"})
    assert await doubles(node) == {(f"{GROUP}/backup", place.source)}


async def test_a_task_of_any_origin_is_found_by_its_command(node: Node, cron: Cron) -> None:
    cron.write_own("@daily  df  -h\n")
    await node.groups.add("ops")
    await node.tasks.add("ops", Task(name="df", action=Command(command="df -h")))
    await node.tasks.add("ops", Task(name="du", action=Command(command="du")))
    assert await doubles(node) == {("ops/df", str(cron.spool / ME))}


async def test_lines_that_nobody_runs_are_found(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await take(node, place)
    assert await node.takeover.run_by_nobody() == ()
    [backup, poll] = sorted(await node.tasks.list(GROUP), key=lambda view: view.task.name)
    await node.tasks.set_enabled([backup.id], False)
    await node.tasks.remove([poll.id])
    assert [(each.line, each.why) for each in await node.takeover.run_by_nobody()] == [
        (3, "its task is disabled"),
        (5, "its task was deleted here"),
    ]


async def test_lines_of_another_node_are_its_own_business(node: Node, cron: Cron) -> None:
    cron.write("#atsn 00000000 11111111# 0 3 * * * root df\n")
    assert await node.takeover.run_by_nobody() == ()
