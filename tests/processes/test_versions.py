"""Nodes of different versions: nothing is replicated, everything says why, and tasks run as if nothing were wrong."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.model.version import PROTOCOL, VERSION
from tests.forking import REPOSITORY
from tests.nodes import Machine, Machines, Outcome, eventually, introduce
from tests.processes.content import GROUP, fill
from tests.processes.forks import Forks

OTHERS = {
    "newer": ("99.1.0", PROTOCOL),
    "older": ("0.0.9", PROTOCOL),
    "newer protocol": (VERSION, PROTOCOL + 1),
}
"""Versions and protocols of a node that is not as the other."""


@dataclass
class Others:
    """Real processes of another version."""

    started: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, machine: Machine, kind: str, *words: str) -> asyncio.subprocess.Process:
        """A command on that machine's node, as another version."""
        version, protocol = OTHERS[kind]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.processes.other_version", version, str(protocol),
            "--home", str(machine.home), *words,
            stdout=asyncio.subprocess.PIPE, stderr=(machine.home.parent / "other.err").open("ab"), cwd=REPOSITORY,
        )  # fmt: skip
        self.started.append(process)
        return process

    async def serve(self, machine: Machine, kind: str) -> asyncio.subprocess.Process:
        """A service that is ready."""
        process = await self.start(machine, kind, "serve")
        assert process.stdout is not None
        assert await process.stdout.readline()
        return process

    async def run(self, machine: Machine, kind: str, *words: str) -> Outcome:
        """A command to its end."""
        process = await self.start(machine, kind, *words)
        out, _ = await process.communicate()
        return Outcome(process.returncode or 0, out.decode(), "")

    async def close(self) -> None:
        """End what still lives."""
        for process in self.started:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture
async def others() -> AsyncIterator[Others]:
    made = Others()
    yield made
    await made.close()


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq")


@pytest.fixture
async def web1(make_node: Machines, hq: Machine) -> Machine:
    """hq pushes a group to it and pulls another one."""
    web1 = await make_node.make("web1")
    await introduce(hq, web1, "push,pull")
    async with hq.open() as node:
        await fill(node, 3)
        await node.links.add(GROUP, "web1", "push", mode="strict")
    async with web1.open() as node:
        other = await node.groups.add("other")
    async with hq.open() as node:
        await node.links.add(other.id, "web1", "pull")
    return web1


def said(message: str, kind: str, *, other: str, same: str) -> None:
    """Assert that the message names both versions, and the node to be upgraded."""
    version, protocol = OTHERS[kind]
    for each in (other, same, VERSION, version, "nothing was changed"):
        assert each in message
    assert f"upgrade {other if kind == 'older' else same}" in message
    if version == VERSION:
        assert f"protocol {protocol}" in message
        assert f"protocol {PROTOCOL}" in message


def stored(machine: Machine) -> set[Any]:
    """The groups there, with their digests."""
    with machine.database() as db:
        return set(db.execute("SELECT id, digest FROM groups").fetchall())


@pytest.mark.parametrize("kind", OTHERS)
async def test_a_node_that_asks_another_version_hears_which_one_to_upgrade(
    zygote: Forks, others: Others, hq: Machine, web1: Machine, kind: str
) -> None:
    before = stored(hq), stored(web1)
    await others.serve(web1, kind)
    for words in (("replicate", "--yes"), ("replicate", "--dry-run"), ("diff",)):
        outcome = await zygote.run(hq, *words, "--json")
        assert outcome.code == 7
        assert [link["state"] for link in outcome.json["links"]] == ["version_mismatch"] * 2
        for link in outcome.json["links"]:
            assert link["error"]["code"] == "version_mismatch"
            said(link["error"]["message"], kind, other="web1", same="hq")
    assert (stored(hq), stored(web1)) == before
    async with hq.open() as node:
        status = await node.status()
        assert not status.healthy
        assert {link.state for link in status.links} == {"version_mismatch"}
        assert status.peers[0].state == "version_mismatch"
    test = await zygote.run(hq, "peer", "test", "web1", "--json")
    assert test.code == 7
    said(test.json["steps"][-1]["detail"], kind, other="web1", same="hq")
    # The one that was asked tells the same, seen from there.
    listed = (await zygote.run(web1, "peer", "show", "hq", "--json")).json
    assert listed["state"] == "version_mismatch"
    said(listed["error"], kind, other="web1", same="hq")


@pytest.mark.parametrize("kind", ["newer", "older"])
async def test_a_node_that_is_asked_by_another_version_lets_it_change_nothing(
    zygote: Forks, others: Others, hq: Machine, web1: Machine, kind: str
) -> None:
    before = stored(hq), stored(web1)
    service = await zygote.serve(web1)
    for _ in range(2):
        outcome = await others.run(hq, kind, "replicate", "--yes", "--json")
        assert outcome.code == 7
        for link in outcome.json["links"]:
            said(link["error"]["message"], kind, other="hq", same="web1")
    assert (stored(hq), stored(web1)) == before
    shown = (await zygote.run(web1, "peer", "show", "hq", "--json")).json
    assert shown["state"] == "version_mismatch"
    said(shown["error"], kind, other="hq", same="web1")
    assert "nothing was changed" in service.err.read_text()
    # Once both are the same again, the first contact says so.
    assert (await zygote.run(hq, "replicate", "--yes")).code == 0
    assert (await zygote.run(web1, "peer", "show", "hq", "--json")).json["state"] != "version_mismatch"
    await service.kill()


async def test_meanwhile_tasks_run_on_both_and_it_is_told_once_until_both_are_the_same(
    zygote: Forks, others: Others, hq: Machine, web1: Machine, tmp_path: Path
) -> None:
    report = tmp_path / "replication.log"
    hq.configure("reports.when", "on_failure")
    hq.configure("reports.file", str(report))
    for machine in (hq, web1):
        async with machine.open() as node:
            await node.groups.add("own", replicated=False)
            add = ("task", "add", "own", "tick", "--command", f"echo x >> {tmp_path}/{machine.name}.ticks")
        assert (await zygote.run(machine, *add, "--schedule", "every 1s")).code == 0
    async with hq.open() as node:
        for link in await node.links.list():
            await node.links.change(link.id, schedule="* * * * * *")

    def ticks(machine: Machine) -> int:
        path = tmp_path / f"{machine.name}.ticks"
        return len(path.read_text().splitlines()) if path.exists() else 0

    old = await others.serve(web1, "older")
    service = await zygote.serve(hq)
    await eventually(lambda: report.exists() and report.read_text().count("✗") == 2)
    for machine in (hq, web1):
        count = ticks(machine)
        await eventually(lambda machine=machine, count=count: ticks(machine) >= count + 2)  # type: ignore[misc]
    assert report.read_text().count("✗") == 2, "once for each link"
    assert len(re.findall("upgrade web1", report.read_text())) == 2
    old.terminate()
    await old.wait()
    upgraded = await zygote.serve(web1)
    await eventually(lambda: report.read_text().count("recovered") >= 2)
    async with hq.open() as node:
        assert all(link.state in ("applied", "in_sync") for link in await node.links.list())
    for process in (service, upgraded):
        await process.kill()
