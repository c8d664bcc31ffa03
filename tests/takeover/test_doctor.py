"""What the doctor and `atsn why` say of jobs that cron runs too, or that nobody runs."""

from atsn_tui.cli.text.screen import console
from atsn_tui.cli.text.why import print_why
from atsn_tui.node.doctor.cron import Cron as CronCheck
from atsn_tui.node.node import Node
from tests.takeover.conftest import TABLE, Cron
from tests.takeover.test_taking import GROUP, take


async def told(node: Node) -> list[tuple[str, str]]:
    return [(each.verdict, each.text) for each in await CronCheck().look(node.core)]


async def test_a_job_that_runs_twice_is_told(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await node.files.import_crontab(place.source, place.read(), system=True)
    assert await told(node) == []
    await node.tasks.change(f"{GROUP}/backup", {"enabled": "yes"})
    (found,) = await told(node)
    assert found == ("warning", f"{place.source} runs as well, so it would run twice: {GROUP}/backup")
    why = await node.holds.why(f"{GROUP}/backup")
    assert why.also_in == place.source
    assert (await node.holds.why(f"{GROUP}/poll")).also_in == place.source, "before it is enabled, too"
    import io

    page = io.StringIO()
    print_why(console(page), why)
    assert f"cron runs it too, by {place.source}" in page.getvalue()


async def test_a_line_that_nobody_runs_is_told(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await take(node, place)
    assert await told(node) == []
    [backup, _] = sorted(await node.tasks.list(GROUP), key=lambda view: view.task.name)
    await node.tasks.set_enabled([backup.id], False)
    (found,) = await told(node)
    assert found == ("problem", f"{place.source}, line 3, is run by nobody: its task is disabled")
    assert (await node.holds.why(backup.id)).also_in is None
