"""Failures in a row are counted over restarts and kills of the service: no mail is missing, none comes twice."""

import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from email import message_from_string
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from atsn_tui.node.node import Node
from atsn_tui.node.tasks.fields import build_task
from tests.nodes import Machine, Machines, eventually
from tests.processes.forks import Forks, Process


class Letters:
    """Keeps what an SMTP server is given."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """One message."""
        message = message_from_string(envelope.content.decode())
        self.subjects.append(str(make_header(decode_header(message["Subject"]))))
        return "250 taken"


@pytest.fixture
def smtp() -> Iterator[tuple[int, list[str]]]:
    letters = Letters()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(letters, hostname="127.0.0.1", port=port)
    controller.start()
    yield port, letters.subjects
    controller.stop()


@pytest.fixture
async def hq(make_node: Machines) -> AsyncIterator[Machine]:
    machine = await make_node.make("hq", listen=False)
    yield machine
    os.kill(int((machine.home / "keeper.lock").read_text()), signal.SIGTERM)


async def run(node: Node, name: str) -> None:
    """Run a task to its end, and until it was told of."""
    asked = await node.runs.start(f"ops/{name}")
    await eventually(lambda: _told(node, asked.run_id))


async def _told(node: Node, run_id: str) -> bool:
    def read(db):  # type: ignore[no-untyped-def]
        return db.execute("SELECT 1 FROM runs WHERE id = ? AND reported", (run_id,)).fetchone()

    return await node.core.store.read(read) is not None


async def test_a_row_of_failures_goes_on_over_a_restart_and_a_kill(
    zygote: Forks, hq: Machine, smtp: tuple[int, list[str]], tmp_path: Path
) -> None:
    port, subjects = smtp
    code = tmp_path / "code"
    code.write_text("1")
    service: Process
    async with hq.open() as node:
        await node.groups.add("ops")
        server = {"email.server": "127.0.0.1", "email.port": str(port), "email.security": "none"}
        rule = {"email.to": "ops@example.net", "email.sender": "a@example.net", "email.after_failures": "2"}
        await node.groups.change("ops", {**server, **rule, "email.when": "on_failure"})
        for name, when in (("falls", "on_failure"), ("rises", "on_recovery")):
            fields = {"name": name, "command": f"exit $(cat {code})", "mail.when": when}
            await node.tasks.add("ops", build_task({**fields, "schedules": "manual"}))

        async def both() -> None:
            for name in ("falls", "rises"):
                await run(node, name)

        service = await zygote.serve(hq)
        await both()
        assert subjects == []  # one failure is not enough
        await service.kill()
        service = await zygote.serve(hq)
        await both()
        await eventually(lambda: len(subjects) == 1)  # the second in a row, though a service lay between
        assert "falls" in subjects[0]
        service.send(signal.SIGTERM)
        await service.end()
        code.write_text("0")
        service = await zygote.serve(hq)
        await both()
        await eventually(lambda: len(subjects) == 2)  # the first success after them
        assert "rises" in subjects[1]
        await service.kill()
        service = await zygote.serve(hq)
        await both()
        code.write_text("1")
        await both()
        await both()
        # Mails of a group go out in their order: none came again, and none after a single failure.
        await eventually(lambda: len(subjects) >= 3)
        assert [("falls" in subject, "rises" in subject) for subject in subjects] == [
            (True, False),
            (False, True),
            (True, False),
        ]
        service.send(signal.SIGTERM)
        await service.end()
