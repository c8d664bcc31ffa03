"""A running service finishes at once what a killed command left undone."""

import signal

from atsn_tui.node.takeover import journal
from tests.nodes import Machine, eventually
from tests.processes.forks import Forks
from tests.takeover.conftest import ME, Cron
from tests.takeover.test_taking import enabled, take

GROUP = f"Imported from crontab of {ME}"


async def unfinished(hq: Machine, cron: Cron) -> None:
    """Leave a change behind as a command does that is killed after it has written the crontab."""
    async with hq.open() as node:
        await take(node, cron.write_own("@daily df\n"))
        [view] = await node.tasks.list(GROUP)
        await node.tasks.set_enabled([view.id], False)
        line = journal.Line(task_id=view.id, group_id=view.group_id, text="@daily df")
        plan = journal.Journal(action="take", source=cron.own.source, since=node.core.now(), lines=(line,))
        journal.begin(node.core.home, plan)


async def finished(hq: Machine) -> bool:
    async with hq.open() as node:
        return await enabled(node, GROUP) == {"df"} and journal.unfinished(node.core.home) is None


async def test_one_that_was_left_while_it_runs_and_one_from_before(
    zygote: Forks, hq: Machine, cron: Cron
) -> None:
    service = await zygote.serve(hq)
    await unfinished(hq, cron)
    await eventually(lambda: finished(hq))
    service.send(signal.SIGTERM)
    assert f"1 line is taken over from crontab of {ME}" in (await service.end()).err

    await unfinished(hq, cron)
    service = await zygote.serve(hq)
    assert await finished(hq)
    service.send(signal.SIGTERM)
    assert (await service.end()).code == 0
