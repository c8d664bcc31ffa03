"""A peer that must not, cannot or does not answer: the right state and exit code, the way out, and no change."""

import asyncio
import re
import shlex
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from atsn_tui.model.result import EXIT_CODES
from tests.forking import REPOSITORY
from tests.nodes import Machine, Machines, Outcome, eventually, free_port, introduce
from tests.processes.content import GROUP, fill
from tests.processes.forks import Forks, Process


@dataclass
class Pair:
    """hq, which pushes to web1."""

    forks: Forks
    hq: Machine
    web1: Machine
    group: str

    async def replicate(self) -> Outcome:
        """Replicate by command; nothing may have changed on web1."""
        before = self.web1.stored_digest(self.group)
        outcome = await self.forks.run(self.hq, "replicate", GROUP, "--yes", "--json")
        assert self.web1.stored_digest(self.group) == before
        return outcome

    async def fails(self, state: str, *told: str) -> str:
        """Assert that replicating fails like that and says so everywhere; the message."""
        outcome = await self.replicate()
        [link] = outcome.json["links"]
        assert (link["state"], outcome.code) == (state, EXIT_CODES[state]), link["error"]
        assert link["changes"] == [] or state == "held"
        message: str = link["error"]["message"]
        for text in told:
            assert re.search(text, message), message
        preview = await self.forks.run(self.hq, "diff", "--json")
        assert (preview.code, preview.json["links"][0]["state"]) == (EXIT_CODES[state], state)
        status = await self.forks.run(self.hq, "status", "--json")
        assert (status.code, status.json["healthy"]) == (1, False)
        assert status.json["links"][0]["error"] == message
        return message

    async def mended_by(self, machine: Machine, message: str, **values: str) -> None:
        """Run the command that the message ends with on a node, and assert that replicating works then."""
        [command] = re.findall(r"atsn (?:peer|group) .*", message)
        for name, value in values.items():
            command = command.replace(name, value)
        outcome = await self.forks.run(machine, *shlex.split(command)[1:])
        assert outcome.code == 0, (command, outcome.err)
        assert (await self.forks.run(self.hq, "replicate", GROUP, "--yes")).code == 0
        assert (await self.forks.run(self.hq, "diff", GROUP)).code == 0
        assert self.web1.stored_digest(self.group) is not None


@pytest.fixture
async def pair(zygote: Forks, make_node: Machines) -> AsyncIterator[Pair]:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "push")
    async with hq.open() as node:
        group = await fill(node, 3)
        await node.links.add(GROUP, "web1", "push")
    return Pair(zygote, hq, web1, group)


@pytest.fixture
async def service(pair: Pair) -> AsyncIterator[Process]:
    """web1's service."""
    process = await pair.forks.serve(pair.web1)
    yield process
    await process.kill()


async def test_a_host_key_that_is_not_the_pinned_one(
    pair: Pair, make_node: Machines, service: Process
) -> None:
    other = await make_node.make("other")
    async with pair.hq.open() as node:
        await node.peers.change("web1", host_key=other.identity["host_key"])
    message = await pair.fails("refused", "SHA256:.* but pinned is SHA256:", "somebody may be in between")
    assert (await pair.forks.run(pair.hq, "peer", "test", "web1")).code == 3
    await pair.mended_by(pair.hq, message)


async def test_a_client_key_that_the_peer_does_not_know(pair: Pair, service: Process) -> None:
    async with pair.web1.open() as node:
        await node.peers.remove("hq")
    message = await pair.fails("refused", "does not let this node in", "atsn peer add hq --key")
    await pair.mended_by(pair.web1, f"{message} --grant push")


@pytest.mark.parametrize("grants", [(), ("pull",), ("status",)])
async def test_a_grant_that_is_missing(pair: Pair, service: Process, grants: tuple[str, ...]) -> None:
    async with pair.web1.open() as node:
        await node.peers.change("hq", grants=grants or ("none",))
    message = await pair.fails(
        "refused", "web1 does not grant hq push", "run on web1: atsn peer set hq --grant"
    )
    await pair.mended_by(pair.web1, message)


async def test_a_grant_for_another_group(pair: Pair, service: Process) -> None:
    async with pair.web1.open() as node:
        await node.groups.add("other")
        await node.peers.change("hq", grants=["push:other"])
    await pair.fails("refused", "web1 does not grant hq push")
    async with pair.web1.open() as node:
        await node.peers.change("hq", grants=[f"push:{pair.group}"])
    assert (await pair.forks.run(pair.hq, "replicate", "--yes")).code == 0


async def test_an_address_that_the_peer_does_not_allow(pair: Pair, service: Process) -> None:
    async with pair.web1.open() as node:
        await node.peers.change("hq", allow_from=["192.0.2.0/24"])
    message = await pair.fails(
        "refused", r"does not let hq connect from 127\.0\.0\.1", "atsn peer set hq --from"
    )
    await pair.mended_by(pair.web1, message, **{"…": "127.0.0.0/8"})


async def test_a_port_on_which_nothing_listens(pair: Pair) -> None:
    await pair.fails("unreachable", r"web1 \(127\.0\.0\.1:\d+\) cannot be reached", "atsn serve")


async def test_a_host_that_does_not_exist(pair: Pair) -> None:
    async with pair.hq.open() as node:
        await node.peers.change("web1", address="no-such-host.invalid:8022")
    await pair.fails("unreachable", "its name cannot be found", "check the address")


async def test_a_port_that_accepts_and_says_nothing(pair: Pair) -> None:
    mute = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", port := free_port())
    pair.hq.configure("timeouts.connect", 1)
    async with pair.hq.open() as node:
        await node.peers.change("web1", address=f"127.0.0.1:{port}")
    await pair.fails("unreachable", "no answer within 1 seconds")
    mute.close()


async def test_a_port_on_which_something_else_listens(pair: Pair) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await writer.drain()
        await reader.read()
        writer.close()

    mail = await asyncio.start_server(greet, "127.0.0.1", port := free_port())
    pair.hq.configure("timeouts.connect", 2)
    async with pair.hq.open() as node:
        await node.peers.change("web1", address=f"127.0.0.1:{port}")
    await pair.fails("unreachable", "cannot be reached")
    mail.close()


async def test_a_node_that_connects_to_nobody(pair: Pair, service: Process) -> None:
    pair.hq.configure("connect", False)
    await pair.fails("refused", "connect = true")


async def test_a_group_of_the_same_name_and_another_id(pair: Pair, service: Process) -> None:
    async with pair.web1.open() as node:
        other = await node.groups.add(GROUP)
    message = await pair.fails("refused", other.id, f"atsn group adopt '{GROUP}' {pair.group}")
    await pair.mended_by(pair.web1, message)


async def test_a_peer_of_another_version(pair: Pair, tmp_path: Path) -> None:
    """A copy of the program that calls itself newer."""
    package = tmp_path / "newer"
    shutil.copytree(REPOSITORY / "atsn_tui", package / "atsn_tui")
    version = package / "atsn_tui" / "model" / "version.py"
    version.write_text(re.sub(r'VERSION = "[^"]+"', 'VERSION = "99.1.0"', version.read_text()))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "atsn_tui",
        "--home",
        str(pair.web1.home),
        "serve",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=package,
        env={"PYTHONPATH": str(package), "PATH": "/usr/bin:/bin"},
    )
    assert process.stdout is not None
    assert await process.stdout.readline()
    await pair.fails("version_mismatch", r"web1 runs ATSN 99\.1\.0", "upgrade hq", "nothing was changed")
    async with pair.hq.open() as node:
        assert (await node.peers.get("web1")).state == "version_mismatch"
    # The newer one has heard of it, too.
    newer = await pair.forks.run(pair.web1, "peer", "show", "hq", "--json")
    assert newer.code == 0
    process.terminate()
    await process.wait()


async def test_a_copy_of_our_own_home(pair: Pair, make_node: Machines) -> None:
    twin = Machine("twin", pair.hq.home.parent / "twin", dict(pair.hq.identity))
    shutil.copytree(pair.hq.home, twin.home)
    twin.identity["listen"] = f"127.0.0.1:{free_port()}"
    twin.configure("listen", twin.identity["listen"])
    (twin.home / "client_key").write_bytes((pair.web1.home / "client_key").read_bytes())
    async with pair.hq.open() as node:
        await node.peers.change("web1", address=twin.identity["listen"], host_key=twin.identity["host_key"])
    async with twin.open() as node:
        await node.peers.change("web1", new_name="hq", key=pair.hq.identity["public_key"], grants=["push"])
    service = await pair.forks.serve(twin)
    await eventually(lambda: not service.ended)
    await pair.fails("refused", "same node id", "atsn identity --new")
    await service.kill()
