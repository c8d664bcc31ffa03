"""SIGHUP: what config.toml says now holds from then on, and nothing that runs is disturbed."""

import http.server
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.node.node import Node
from atsn_tui.node.tasks.fields import build_task
from tests.nodes import Machine, Machines, eventually
from tests.processes.forks import Forks


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


async def test_runs_go_on_new_ones_get_new_variables_and_nothing_starts_twice(
    zygote: Forks, hq: Machine, tmp_path: Path
) -> None:
    told, began, gate = tmp_path / "told", tmp_path / "began", tmp_path / "gate"
    hq.configure("variables", {"COLOR": "red"})
    await command(zygote, hq, "group", "add", "ops")
    await add(zygote, hq, "start", f"echo start $COLOR >> {told}", "--schedule", "@startup")
    await add(
        zygote,
        hq,
        "long",
        f"touch {began}; while ! [ -e {gate} ]; do sleep 0.05; done; echo long $COLOR >> {told}",
    )
    await add(zygote, hq, "short", f"echo short $COLOR >> {told}")
    service = await zygote.serve(hq)
    await eventually(lambda: lines(told) == ["start red"])
    await command(zygote, hq, "run", "ops/long")
    await eventually(began.exists)

    hq.configure("variables", {"COLOR": "blue"})
    service.send(signal.SIGHUP)
    await eventually(lambda: service.err.read_text().count("is ready") == 1)
    await command(zygote, hq, "run", "ops/short", "--wait")
    gate.touch()
    await eventually(lambda: len(lines(told)) == 3)
    assert lines(told) == ["start red", "short blue", "long red"]
    service.send(signal.SIGTERM)
    assert (await service.end()).code == 0


async def command(zygote: Forks, machine: Machine, *words: str) -> None:
    (await zygote.run(machine, *words)).ok()


async def add(zygote: Forks, machine: Machine, name: str, line: str, *options: str) -> None:
    await command(zygote, machine, "task", "add", "ops", name, "--command", line, *options)


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers when it is told to."""

    came: threading.Event
    go: threading.Event

    def do_GET(self) -> None:
        """One request."""
        self.came.set()
        self.go.wait(30)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"at last")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def slow() -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A server's address, whether it was asked, and whether it may answer."""
    came, go = threading.Event(), threading.Event()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (Slow,), {"came": came, "go": go})
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", came, go
    go.set()
    server.shutdown()


async def test_a_request_under_way_is_not_broken_off_by_a_new_name(
    zygote: Forks, hq: Machine, slow: tuple[str, threading.Event, threading.Event]
) -> None:
    url, came, go = slow
    async with hq.open() as node:
        await node.groups.add("ops")
        task = build_task({"name": "ask", "action.type": "http", "action.url": url, "schedules": "manual"})
        await node.tasks.add("ops", task)
        service = await zygote.serve(hq)
        asked = await node.runs.start("ops/ask")
        await eventually(came.is_set)
        for number, (key, value) in enumerate(
            (("name", "hq2"), ("tags", ["web"]), ("variables", {"A": "b"})), 1
        ):
            hq.configure(key, value)
            service.send(signal.SIGHUP)
            await eventually(lambda number=number: service.err.read_text().count("is ready") == number)
        assert "hq2 is ready" in service.err.read_text()
        assert (await node.runs.get(asked.run_id)).state in ("starting", "running")
        go.set()
        await eventually(lambda: _state(node, asked.run_id))
        run = await node.runs.get(asked.run_id)
        assert (run.state, await node.runs.output(run.id)) == ("ok", b"at last")
        assert len(await node.runs.list()) == 1
    service.send(signal.SIGTERM)
    assert (await service.end()).code == 0


async def _state(node: Node, run_id: str) -> bool:
    return (await node.runs.get(run_id)).ended_at is not None
