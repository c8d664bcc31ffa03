"""Which mail servers are trusted is this node's own option, and holds for the mail of groups and tasks, too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from atsn_tui.home.config import load
from atsn_tui.host.tasks import TaskRunner
from atsn_tui.node.runs.views import RunView
from atsn_tui.node.tasks.fields import build_task
from tests.mail.certificates import Authority
from tests.mail.letters import read
from tests.mail.post_office import PostOffice, post_office
from tests.nodes import Machines, end, eventually

LETTER = {
    "action.type": "email",
    "action.to": "bob@example.org",
    "action.subject": "a letter",
    "schedules": "every 1s",
}


@pytest.mark.parametrize("by", ["ca_file", "verify"])
async def test_mail_of_groups_and_tasks_trusts_whom_the_node_trusts(
    make_node: Machines, tmp_path: Path, by: str
) -> None:
    hq = await make_node.make("hq", listen=False)
    authority = Authority(tmp_path)
    async with post_office(tls=authority.server_context()) as office, hq.open() as node:
        settings = {
            "email.server": "127.0.0.1", "email.port": str(office.port), "email.security": "tls",
            "email.when": "on_failure", "email.to": "ops@example.org", "email.sender": "atsn@example.org",
        }  # fmt: skip
        await node.groups.add("G")
        await node.groups.change("G", settings)
        await node.tasks.add("G", build_task({"name": "fails", "command": "exit 3", "schedules": "every 1s"}))
        await node.tasks.add("G", build_task({**LETTER, "name": "letter"}))
        runner = TaskRunner(node.home, node.config, node.core.store, "UTC")

        async def troubles() -> str:
            return " ".join(each.text for each in (await node.status()).troubles)

        async def letter() -> RunView | None:
            return next(
                (run for run in await node.runs.list() if run.task == "letter" and run.ended_at), None
            )

        async with running(runner):
            told = await eventually(troubles)
            assert "mail of group G" in told
            assert "certificate that does not count" in told
            assert "config.toml: mail.ca_file" in told
            assert "certificate that does not count" in (await eventually(letter)).reason
            assert subjects(office) == set()

            hq.configure(f"mail.{by}", str(authority.ca_file) if by == "ca_file" else False)
            runner.change(load(node.home.config_file))
            await eventually(lambda: "a letter" in subjects(office))
        async with running(TaskRunner(node.home, load(node.home.config_file), node.core.store, "UTC")):
            await eventually(lambda: "hq: fails failed" in subjects(office))


@asynccontextmanager
async def running(runner: TaskRunner) -> AsyncIterator[None]:
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        await end(task)


def subjects(office: PostOffice) -> set[str]:
    return {str(read(bytes(each.original_content or b""))["Subject"]) for each in office.envelopes}
