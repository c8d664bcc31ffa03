"""The heartbeat: a real HTTP server hears of the node for as long as its scheduler works."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from atsn_tui.home.sections import Heartbeat
from atsn_tui.host import heartbeat
from atsn_tui.host.heartbeat import Heart
from atsn_tui.host.office import Office
from atsn_tui.host.tasks import TaskRunner
from atsn_tui.node.node import Node
from tests.nodes import Machine, Machines, end, eventually, free_port


class Watcher:
    """A real HTTP server that answers as told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: str | None = "200 OK"
        """None: it never answers."""
        self.port = free_port()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ping/t0ken"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head.decode().splitlines()[0])
            if self.answer is None:
                await reader.read()
            else:
                writer.write(
                    f"HTTP/1.1 {self.answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
                )
                await writer.drain()
        finally:
            writer.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "POLL", 0.01)


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    watcher = Watcher()
    await watcher.start()
    yield watcher
    await watcher.stop()


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


@asynccontextmanager
async def beating(node: Node, heart: Heart) -> AsyncIterator[None]:
    task = asyncio.create_task(heart.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def heart_of(node: Node, url: str, beat: object = None) -> Heart:
    """A heart of a scheduler that turns all the time, or that took that turn last."""
    turns = itertools.count()
    return Heart(
        Heartbeat(url=url, every=1), lambda: next(turns) if beat is None else beat, node.core.store, Office()
    )


async def told(node: Node) -> str:
    return " ".join(each.text for each in (await node.status()).troubles)


async def test_the_url_is_requested_while_a_real_scheduler_turns_and_no_longer(
    hq: Machine, watcher: Watcher
) -> None:
    hq.configure("heartbeat.url", watcher.url)
    hq.configure("heartbeat.every", 1)
    async with hq.open() as node:
        runner = TaskRunner(node.home, node.config, node.core.store, "UTC")
        running = asyncio.create_task(runner.run())
        await eventually(lambda: len(watcher.asked) >= 2)
        assert set(watcher.asked) == {"GET /ping/t0ken HTTP/1.1"}
        assert (await node.status()).healthy
        await end(running)
        count = len(watcher.asked)
        await asyncio.sleep(1.2)
        assert len(watcher.asked) == count


async def test_a_scheduler_that_hangs_has_no_heartbeat(
    hq: Machine, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "STALE", 0.1)
    hq.configure("heartbeat.url", watcher.url)
    async with hq.open() as node:
        heart = heart_of(node, watcher.url, beat=7)
        async with beating(node, heart):
            await eventually(lambda: told(node))
            assert "the scheduler has not turned" in await told(node)
            assert watcher.asked == []


@pytest.mark.parametrize("how", ["away", "refuses", "hangs"])
async def test_a_url_that_fails_is_told_once_and_when_it_is_over(
    hq: Machine,
    watcher: Watcher,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    caplog.set_level(logging.INFO, "atsn_tui")
    monkeypatch.setattr(heartbeat, "TIMEOUT", 0.3)
    hq.configure("heartbeat.url", watcher.url)
    if how == "away":
        await watcher.stop()
    watcher.answer = None if how == "hangs" else "503 Not Now"
    async with hq.open() as node:
        heart = heart_of(node, watcher.url)
        async with beating(node, heart):
            await eventually(lambda: told(node))
            says = {"away": "failed", "refuses": "answers 503 Not Now", "hangs": "took longer than"}[how]
            assert says in await told(node)
            assert not (await node.status()).healthy
            await asyncio.sleep(1.2)
            watcher.answer = "204 No Content"
            if how == "away":
                await watcher.start()
            await eventually(lambda: _well(node))
    lines = [record.getMessage() for record in caplog.records if "heartbeat" in record.getMessage()]
    assert len(lines) == 2
    assert lines[1] == f"over: {lines[0]}"
    assert "t0ken" not in caplog.text, "who knows the path can send heartbeats"


async def _well(node: Node) -> bool:
    return not await told(node)


async def test_without_a_url_nothing_is_requested_and_a_reload_begins(hq: Machine, watcher: Watcher) -> None:
    async with hq.open() as node:
        heart = Heart(Heartbeat(), itertools.count().__next__, node.core.store, Office())
        async with beating(node, heart):
            await asyncio.sleep(0.1)
            assert watcher.asked == []
            heart.change(Heartbeat(url=watcher.url))
            await eventually(lambda: watcher.asked)
