"""A disk that is full, or mounted read-only: a clear error, the old state kept, and all is well once it is mended."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from atsn_tui.node.node import Node
from tests.nodes import Machine, Machines, eventually, introduce
from tests.processes.content import GROUP, fill, rewrite
from tests.processes.forks import Forks

Mount = Callable[[], Path]

SIZE = 16_000_000
LEFT = 100_000
"""Bytes that stay free on a full disk: enough to note a contact, too little for many tasks."""

TASKS = 600


def command(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """The mount point of a small disk."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        command("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", str(place))
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a small disk cannot be mounted here: {error}")
    yield place
    with suppress(subprocess.CalledProcessError):
        command("umount", "-l", str(place))


@pytest.fixture
def on_disk(disk: Path) -> Iterator[Machines]:
    """Makes nodes on the small disk."""
    machines = Machines(disk)
    yield machines
    machines.close()


def crowd(disk: Path) -> Path:
    """Fill the disk; the file that does it."""
    stat = os.statvfs(disk)
    crowd = disk / "crowd"
    crowd.write_bytes(bytes(stat.f_bavail * stat.f_frsize - LEFT))
    return crowd


async def linked(hq: Machine, node: Node, peer: str, direction: str = "push") -> None:
    await node.links.add(GROUP, peer, direction, mode="strict")  # type: ignore[arg-type]


async def test_a_receiver_without_room_says_so_and_keeps_the_old_state(
    zygote: Forks, make_node: Machines, on_disk: Machines, disk: Path
) -> None:
    hq, web1 = await make_node.make("hq"), await on_disk.make("web1")
    await introduce(hq, web1, "push")
    service = await zygote.serve(web1)
    async with hq.open() as node:
        group = await fill(node, 20)
        await linked(hq, node, "web1")
        assert (await node.replication.cycle()).links[0].state == "applied"
        old = web1.stored_digest(group)
        await node.groups.remove(GROUP)
        await fill_again(node, group)
        in_the_way = crowd(disk)
        await linked(hq, node, "web1")
        outcome = await zygote.run(hq, "replicate", GROUP, "--yes", "--json", "--allow-deletions", "20")
        [link] = outcome.json["links"]
        assert (outcome.code, link["state"]) == (10, "failed"), link["error"]
        assert "the disk is full: make room" in link["error"]["message"]
        assert str(web1.home) in link["error"]["message"]
        assert web1.stored_digest(group) == old
        web1.check_sound()
        in_the_way.unlink()
        outcome = await zygote.run(hq, "replicate", GROUP, "--yes", "--json", "--allow-deletions", "20")
        assert outcome.json["links"][0]["state"] == "applied", outcome
        assert web1.stored_digest(group) == (await node.groups.get(GROUP)).digest
    assert not service.ended
    web1.check_sound()
    await service.kill()


async def fill_again(node: Node, group: str) -> None:
    """Make the group anew under its id, with many tasks."""
    await fill(node, TASKS)
    await node.groups.adopt(GROUP, group)
    await rewrite(node, "x" * 1000)


async def test_an_initiator_without_room_says_so_and_keeps_the_old_state(
    zygote: Forks, make_node: Machines, on_disk: Machines, disk: Path
) -> None:
    hq, web1 = await on_disk.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "pull")
    service = await zygote.serve(web1)
    async with web1.open() as node:
        group = await fill(node, TASKS)
        await rewrite(node, "x" * 1000)
    async with hq.open() as node:
        await node.links.add(group, "web1", "pull")
    in_the_way = crowd(disk)
    outcome = await zygote.run(hq, "replicate", "--yes", "--json")
    assert outcome.code == 10
    assert "the disk is full: make room" in outcome.out + outcome.err
    assert hq.stored_digest(group) is None
    task = await zygote.run(hq, "group", "add", "small")
    assert task.code in (0, 10), task
    in_the_way.unlink()
    outcome = await zygote.run(hq, "replicate", "--yes", "--json")
    assert outcome.json["links"][0]["state"] == "applied", outcome
    hq.check_sound()
    await service.kill()


async def test_a_service_outlives_a_full_disk(
    zygote: Forks, make_node: Machines, on_disk: Machines, disk: Path
) -> None:
    hq, web1 = await on_disk.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "pull")
    far = await zygote.serve(web1)
    async with web1.open() as source:
        group = await fill(source, TASKS)
        await rewrite(source, "x" * 1000)
        async with hq.open() as node:
            await node.links.add(group, "web1", "pull", schedule="* * * * * *")
        in_the_way = crowd(disk)
        service = await zygote.serve(hq)
        await eventually(lambda: "the disk is full" in service.err.read_text())
        await asyncio.sleep(1.5)
        assert not service.ended
        assert hq.stored_digest(group) is None
        told = [line.split(maxsplit=2)[2] for line in service.err.read_text().splitlines()]
        assert len(told) == len(set(told)), "each is told once"
        in_the_way.unlink()
        await eventually(lambda: hq.stored_digest(group) == web1.stored_digest(group))
    for each in (service, far):
        await each.kill()
    hq.check_sound()


async def test_a_home_that_is_mounted_read_only_is_named(
    zygote: Forks, make_node: Machines, on_disk: Machines, disk: Path
) -> None:
    hq, web1 = await make_node.make("hq"), await on_disk.make("web1")
    await introduce(hq, web1, "push")
    command("mount", "-o", "remount,ro", str(disk))
    for words in (("group", "add", "x"), ("group", "list"), ("serve",), ("replicate", "--yes")):
        outcome = await zygote.run(web1, *words)
        assert outcome.code == 3
        assert "read-only" in outcome.err
        assert str(web1.home) in outcome.err
    command("mount", "-o", "remount,rw", str(disk))
    assert (await zygote.run(web1, "group", "add", "x")).code == 0
