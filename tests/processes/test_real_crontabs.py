"""The jobs of real crontabs travel: to a strict copy by push, to an easy one by pull, byte for byte."""

import json
import os
from pathlib import Path

import pytest

from atsn_tui.node.node import Node
from tests.node.samples import a_task
from tests.nodes import Machine, Machines, introduce
from tests.processes.content import GROUP
from tests.processes.forks import Forks

REPOSITORY = Path(__file__).resolve().parents[2]
CRONTABS = Path(os.environ.get("ATSN_SHARED", REPOSITORY.parent / "shared")) / "crontabs"
FILES = sorted(CRONTABS.glob("*.crontab"))

pytestmark = pytest.mark.skipif(not FILES, reason=f"no crontabs in {CRONTABS}: set ATSN_SHARED")


async def import_all(node: Node) -> int:
    """Import every file into the group, each in a folder of its own; how many tasks were added."""
    added = 0
    for path in FILES:
        expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text())
        outcome = await node.files.import_crontab(
            str(path), path.read_bytes(), GROUP, system=expected["format"] == "system", folder=path.stem[:60]
        )
        assert len(outcome.added) + len(outcome.unchanged) + len(outcome.rejected) >= len(expected["jobs"])
        added += len(outcome.added)
    return added


async def test_all_their_jobs_replicate(zygote: Forks, make_node: Machines) -> None:
    hq, web1, web2 = [await make_node.make(name) for name in ("hq", "web1", "web2")]
    await introduce(hq, web1, "push")
    await introduce(web2, hq, "pull")
    services = [await zygote.serve(machine) for machine in (hq, web1)]
    async with hq.open() as primary, web2.open() as puller:
        group = await primary.groups.add(GROUP)
        count = await import_all(primary)
        assert count > 200
        await primary.links.add(GROUP, "web1", "push", mode="strict")
        await puller.links.add(GROUP, "hq", "pull", mode="easy")

        await replicate(primary, count + 1)
        await replicate(puller, count + 1)
        assert stored(group.id, hq, web1, web2) == {(await primary.groups.get(GROUP)).digest}
        assert await import_all(primary) == 0

        # What the easy copy has on top stays, and neither side has anything to do.
        await puller.tasks.add(GROUP, a_task("of web2", enabled="no"))
        names = sorted(view.task.path for view in await primary.tasks.list(GROUP))
        changed = await primary.tasks.list(GROUP)
        # They are somebody's real commands, and a service runs here: they must never be enabled.
        assert not any(view.task.enabled for view in changed)
        for view in changed[:30]:
            await primary.tasks.change(view.id, {"notes": "seen"})
        await replicate(primary, 30)
        await replicate(puller, 30)
        for node in (primary, puller):
            [result] = (await node.replication.cycle()).links
            assert (result.state, result.changes, result.conflicts) == ("in_sync", (), ())
        assert len(stored(group.id, hq, web1)) == 1
        assert len(stored(group.id, hq, web2)) == 2
        assert sorted(view.task.path for view in await puller.tasks.list(GROUP)) == sorted(
            [*names, "of web2"]
        )
    for machine in (hq, web1, web2):
        machine.check_sound()
    for service in services:
        await service.kill()


async def replicate(node: Node, changes: int) -> None:
    """Carry out the node's only link, which has that many changes to make."""
    [result] = (await node.replication.cycle()).links
    assert (result.state, result.total) == ("applied", changes), result.error


def stored(group: str, *machines: Machine) -> set[str | None]:
    """The digests that the group has on these machines."""
    return {machine.stored_digest(group) for machine in machines}
