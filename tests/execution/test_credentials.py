"""A credential reaches the job that names it, and nobody else: no file, no command line, no mail, no log."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from atsn_tui.home.home import Home
from atsn_tui.host.tasks import TaskRunner
from atsn_tui.node.actor import Actor
from atsn_tui.node.node import Node
from atsn_tui.node.tasks.fields import build_task
from tests.execution.test_for_real import ran, until

SECRET = "hush-4711-hush"
SOON = {"schedules": "every 1s", "options.overlap": "skip"}

STORY = """
printf '%s' "${PGPASSWORD%-hush}"
echo > ready
read line < go
printf '%s\\n' "${PGPASSWORD#hush-4711}"
echo "$URL as $PGUSER"
"""
"""A job that prints its secret in two pieces, and stands still in between."""


@asynccontextmanager
async def service(node: Node) -> AsyncIterator[None]:
    task = asyncio.create_task(TaskRunner(node.home, node.config, node.core.store, "UTC").run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    home = Home(tmp_path / "home")
    await Node.init(home, "hq")
    async with Node.open(home, Actor("ann", "test")) as node:
        await node.groups.add("G")
        await node.groups.change("G", {"credentials.db.user": "backup", "credentials.db.secret": SECRET})
        yield node


def command_lines() -> bytes:
    """Those of all processes of this machine."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    return b"\n".join(found)


def holding(secret: bytes, root: Path) -> list[str]:
    """The files below `root` that hold the secret."""
    return sorted(
        path.name
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink() and secret in path.read_bytes()
    )


async def test_a_secret_is_in_the_job_alone(node: Node, tmp_path: Path, smtp: tuple[int, list[str]]) -> None:
    port, letters = smtp
    log = tmp_path / "log" / "jobs.log"
    work = tmp_path / "work"
    work.mkdir()
    os.mkfifo(work / "go")
    await node.groups.change(
        "G",
        {
            "email.server": "127.0.0.1", "email.port": str(port), "email.security": "none", "email.when": "always",
            "email.to": "ops@example.net", "email.sender": "atsn@example.net",
            "email.subject": "${ATSN_TASK} ${PGPASSWORD}",
            "log.path": str(log), "log.what": "output",
            "environment.PGUSER": "${credential:db.user}",
        },
    )  # fmt: skip
    given = {
        "name": "dump", "command": STORY, "directory": str(work), "shell": "/bin/bash",
        "environment.PGPASSWORD": "${credential:db.secret}",
        "environment.URL": "postgres://${credential:db.user}:${credential:db.secret}@db/",
    }  # fmt: skip
    await node.tasks.add("G", build_task({**given, **SOON}))
    async with service(node):
        await until((work / "ready").exists)
        assert SECRET.encode() not in command_lines()
        during = holding(SECRET.encode(), node.home.path)
        await asyncio.to_thread((work / "go").write_text, "on\n")
        await node.tasks.set_enabled([(await node.tasks.get("G/dump")).id], False)
        run = (await ran(node, "dump"))["dump"]
        await until(lambda: letters and log.exists() and "backup" in log.read_text())
    assert run.state == "ok"
    assert await node.runs.output(run.id) == b"*****\npostgres://backup:*****@db/ as backup\n"
    assert "postgres://backup:*****@db/" in letters[0].replace("=\n", "")
    for told in (*letters, log.read_text()):
        assert SECRET not in told
    for found in (during, holding(SECRET.encode(), node.home.path)):
        assert found
        assert all(name.startswith("atsn.db") for name in found), "only the database holds it"


async def test_a_request_can_use_it_and_what_the_server_sends_back_is_masked(
    node: Node, web: tuple[str, list[tuple[str, str, bytes]]]
) -> None:
    url, requests = web
    request = {
        "name": "hook", "action.type": "http", "action.method": "POST", "action.url": f"{url}/echo",
        "action.credential": "db", "action.headers.X-Task": "Bearer ${TOKEN}",
        "environment.TOKEN": "${credential:db.secret}",
    }  # fmt: skip
    await node.tasks.add("G", build_task({**request, **SOON}))
    async with service(node):
        run = (await ran(node, "hook"))["hook"]
    assert requests[0][1] == f"Bearer {SECRET}"
    output = (await node.runs.output(run.id)).decode()
    assert "X-Task: Bearer *****" in output
    assert "Authorization: Basic *****" in output


async def test_an_unknown_name_is_the_reason_why_it_does_not_run(node: Node) -> None:
    task = await node.tasks.add(
        "G",
        build_task({"name": "dump", "command": "true", "environment.X": "${credential:bd.secret}", **SOON}),
    )
    expected = "the group has no credential 'bd', which X needs"
    assert any(expected in each for each in (await node.holds.why(task.id)).obstacles)
    async with service(node):
        run = (await ran(node, "dump"))["dump"]
    assert run.state == "failed"
    assert expected in run.reason
    assert "atsn group set GROUP credentials.NAME.secret=@FILE" in run.reason


async def test_a_mail_never_carries_one(node: Node, smtp: tuple[int, list[str]]) -> None:
    port, letters = smtp
    values = {"email.server": "127.0.0.1", "email.port": str(port), "email.security": "none"}
    await node.groups.change("G", {**values, "email.sender": "atsn@example.net"})
    letter = {
        "name": "letter", "action.type": "email", "action.to": "bob@example.net", "action.subject": "s",
        "action.body": "it is ${TOKEN}.", "environment.TOKEN": "${credential:db.secret}",
    }  # fmt: skip
    await node.tasks.add("G", build_task({**letter, **SOON}))
    async with service(node):
        await until(lambda: bool(letters))
    assert "it is *****." in letters[0]
