"""Work beside the main work: a fault that ends it is told of, and ends nothing else."""

import asyncio

import pytest

from atsn_tui.host.background import in_background
from atsn_tui.host.tasks import TaskRunner
from atsn_tui.mail.outbox.outbox import Outbox
from tests.nodes import Machine, Machines, eventually


async def broken(*_: object) -> None:
    raise ZeroDivisionError


async def test_work_that_a_fault_ends_is_told_of_at_once(caplog: pytest.LogCaptureFixture) -> None:
    task = in_background(broken(), "watching", "restart the console")
    await asyncio.wait([task])
    await eventually(lambda: "watching has ended, by a fault of ours: restart the console" in caplog.messages)


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


async def test_tasks_run_on_without_mail_and_the_log_tells_of_that(
    hq: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Outbox, "run", broken)
    async with hq.open() as node:
        running = asyncio.create_task(TaskRunner(node.home, node.config, node.core.store, "UTC").run())
        await eventually(
            lambda: "sending mail has ended, by a fault of ours: restart the service" in caplog.messages
        )
        assert not running.done()
        running.cancel()
        await asyncio.wait([running])
