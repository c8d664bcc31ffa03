"""Tasks of every kind in a running service: a real HTTP server, a real SMTP server, a real log file."""

import asyncio
from pathlib import Path
from typing import Any

from atsn_tui.home.home import Home
from atsn_tui.host.tasks import TaskRunner
from atsn_tui.node.actor import Actor
from atsn_tui.node.node import Node
from atsn_tui.node.runs.views import RunView
from atsn_tui.node.tasks.fields import build_task


async def ran(node: Node, *tasks: str) -> dict[str, RunView]:
    """The last run of each task, once all have ended."""
    async with asyncio.timeout(30):
        while True:
            runs = {run.task: run for run in await node.runs.list()}
            if all(task in runs and runs[task].ended_at for task in tasks):
                return runs
            await asyncio.sleep(0.05)


async def until(condition: Any) -> None:
    """Wait for something to come true."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # other threads and processes bring it about
            await asyncio.sleep(0.05)


async def test_every_kind_of_task_runs_and_is_told_of(
    tmp_path: Path, web: tuple[str, list[tuple[str, str, bytes]]], smtp: tuple[int, list[str]]
) -> None:
    (url, requests), (port, letters) = web, smtp
    home = Home(tmp_path / "home")
    await Node.init(home, "hq")
    log = tmp_path / "log" / "jobs.log"
    async with Node.open(home, Actor("ann", "test")) as node:
        await node.groups.add("G")
        settings = {
            "email.server": "127.0.0.1", "email.port": str(port), "email.security": "none", "email.when": "on_failure",
            "email.to": "ops@example.net", "email.sender": "atsn@example.net", "log.path": str(log),
            "credentials.api.user": "me", "credentials.api.secret": "s3cret",
        }  # fmt: skip
        await node.groups.change("G", settings)
        soon = {"schedules": "every 1s", "remove_when_over": "no"}
        works = {"action.type": "http", "action.method": "POST", "action.url": f"{url}/hook", **soon}
        works |= {"action.body": "from ${ATSN_NODE}", "action.headers.X-Task": "${ATSN_TASK}", "name": "hook"}
        broken = {"action.type": "http", "action.method": "POST", "action.url": f"{url}/broken", **soon}
        await node.tasks.add("G", build_task(works))
        await node.tasks.add("G", build_task({**broken, "name": "broken"}))
        letter = {
            "action.type": "email",
            "action.to": "bob@example.net",
            "action.subject": "hi from ${ATSN_NODE}",
        }
        await node.tasks.add("G", build_task({**letter, **soon, "name": "letter"}))
        await node.tasks.add("G", build_task({"command": "echo out; exit 3", **soon, "name": "fails"}))
        service = asyncio.create_task(TaskRunner(home, node.config, node.core.store, "UTC").run())
        try:
            runs = await ran(node, "hook", "broken", "letter", "fails")
            await until(lambda: any("fails" in text and "exit 3" in text for text in letters))
            await until(lambda: log.exists() and "task=fails" in log.read_text())
        finally:
            service.cancel()
            await asyncio.gather(service, return_exceptions=True)
        assert (runs["hook"].state, runs["letter"].state) == ("ok", "ok")
        assert (runs["broken"].state, runs["fails"].state) == ("failed", "failed")
        assert "500" in runs["broken"].reason
        assert runs["fails"].exit_code == 3
        assert await node.runs.output(runs["hook"].id) == b"the answer is *****"
    assert ("/hook", "hook", b"from hq") in requests
    assert any("Subject: hi from hq" in text for text in letters)
    assert not any("X-ATSN-Task: hook" in text for text in letters), "what succeeds is not told"
    [failed, *_] = [text for text in letters if "exit 3" in text]
    assert "Next due    2" in failed, "it tells when the task runs again"
